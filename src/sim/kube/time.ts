/** Kubernetes' time stamps: whole seconds, UTC. */
export function secondsText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
