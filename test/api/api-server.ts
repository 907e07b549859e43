/** What the stand-in API server says to an object under the generated CRD, in the order of a real one. */
import { canaryRolloutCrd } from "../../src/api/crd.ts";
import { customSchema } from "../../src/sim/kube/crd/custom-schema.ts";
import { applyDefaults, prune } from "../../src/sim/kube/crd/structural.ts";
import type { Json } from "../../src/sim/kube/json.ts";

const SCHEMA = canaryRolloutCrd().spec.versions[0]!.schema.openAPIV3Schema as unknown as Json;

export interface Answer {
  /** The object as it would be stored. */
  readonly stored: Json;
  readonly problems: readonly { readonly field: string; readonly message: string }[];
}

export function apply(object: unknown): Answer {
  const stored = structuredClone(object) as Json;
  const unknown = prune(SCHEMA, stored).map((field) => ({ field, message: "unknown field" }));
  applyDefaults(SCHEMA, stored);
  return { stored, problems: [...unknown, ...customSchema(SCHEMA).problems(stored, undefined)] };
}
