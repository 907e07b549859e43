/** Which controller acts on a CanaryRollout: the one of its class. Controllers of different classes hold different leases. */
import type { KubeObject } from "../domain/kube.ts";

/** Also of a spec that is invalid. */
export function classOf(rollout: KubeObject): string {
  const name = (rollout["spec"] as { class?: unknown } | undefined)?.class;
  return typeof name === "string" ? name : "";
}

export function leaseNameOf(className: string): string {
  return className === "" ? "serin-controller" : `serin-controller-${className}`;
}
