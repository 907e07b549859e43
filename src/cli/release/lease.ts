/** Is a controller at work? Judged by the Lease that it renews. Pure. */
import type { KubeObject } from "../../domain/kube.ts";

const DEFAULT_DURATION_SECONDS = 15;

export type ControllerState =
  | { readonly at: "work"; readonly holder: string }
  | { readonly at: "rest"; readonly why: string }
  /** Leases may not be read. */
  | { readonly at: "unknown"; readonly why: string };

/** Of several leases of this name any that is held counts: who watches which namespace is not written there. */
export function controllerStateOf(leases: readonly KubeObject[], now: number): ControllerState {
  const states = leases.map((lease) => stateOf(lease, now));
  return states.find(({ at }) => at === "work") ?? states[0] ?? { at: "rest", why: "there is no such lease" };
}

function stateOf(lease: KubeObject, now: number): ControllerState {
  const spec = (lease["spec"] ?? {}) as { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
  const place = `${lease.metadata.namespace ?? ""}/${lease.metadata.name}`;
  if (!spec.holderIdentity || spec.renewTime === undefined) return { at: "rest", why: `nobody holds ${place}` };
  const endedMs = Date.parse(spec.renewTime) + (spec.leaseDurationSeconds ?? DEFAULT_DURATION_SECONDS) * 1000;
  if (endedMs < now) return { at: "rest", why: `${place} has ended: ${spec.holderIdentity} renewed it last at ${spec.renewTime}` };
  return { at: "work", holder: spec.holderIdentity };
}

/** undefined: nothing to say. */
export function leaseWarning(state: ControllerState): string | undefined {
  switch (state.at) {
    case "work":
      return undefined;
    case "rest":
      return `no controller is at work (${state.why}): nothing will move until one runs`;
    case "unknown":
      return `whether a controller is at work cannot be seen (${state.why})`;
  }
}
