/** From anything, a stored object or a manifest, to a rollout with its policy, or to everything that is wrong with it. */
import { CanaryRollout } from "./canary-rollout.ts";
import type { FieldError } from "./field-error.ts";
import { toFieldErrors } from "./field-errors.ts";
import type { Policy } from "./policy.ts";
import { type PolicyDefaults, policyOf, STANDARD } from "./policy-of.ts";

export type ParsedRollout =
  | { readonly ok: true; readonly rollout: CanaryRollout; readonly policy: Policy }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export function parseRollout(object: unknown, defaults: PolicyDefaults = STANDARD): ParsedRollout {
  const parsed = CanaryRollout.safeParse(object);
  if (!parsed.success) return { ok: false, errors: toFieldErrors(CanaryRollout, parsed.error, object) };
  // Valid as it stands: nothing is coerced, and metadata keeps what the schema does not name.
  return { ok: true, rollout: object as CanaryRollout, policy: policyOf(parsed.data.spec, defaults) };
}
