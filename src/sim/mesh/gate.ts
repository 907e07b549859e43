/**
 * A backend without ready endpoints, as a client's proxy sees it: requests wait; when the first has waited 3 s, all of them
 * fail and the backend counts as unavailable until an endpoint is ready again.
 */
export interface Gate {
  /** Since when somebody waits. */
  readonly waitingSince: number | undefined;
  readonly shut: boolean;
}

export const FAIL_FAST_MS = 3000;

export const OPEN_GATE: Gate = { waitingSince: undefined, shut: false };

/** `ready` endpoints now, `waiting` requests. */
export function stepGate(gate: Gate, ready: number, waiting: number, now: number): Gate {
  if (ready > 0) return OPEN_GATE;
  if (gate.shut) return gate;
  const waitingSince = waiting > 0 ? (gate.waitingSince ?? now) : undefined;
  if (waitingSince !== undefined && now - waitingSince >= FAIL_FAST_MS) return { waitingSince: undefined, shut: true };
  return { waitingSince, shut: false };
}
