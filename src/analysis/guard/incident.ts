/**
 * An incident on stable (step 10): no step ends, no ADVANCE evidence is taken and nothing of it becomes stable's usual failure
 * rate. E and doubt go on: evidence that is left out by its looks is selected evidence.
 */
import type { Counts } from "./counts.ts";
import type { GuardParams } from "./params.ts";

/** `block`: failures of the running block; `usual`: stable's history of failures. */
export function isIncident(block: Counts, usual: { readonly requests: number; readonly failures: number }, params: GuardParams): boolean {
  const base = (usual.failures + 0.5) / (usual.requests + 1);
  return block.xs > Math.max(params.incidentMultiple * base, params.incidentMin) * block.ns + 3;
}
