/**
 * What the admission policies of the install do to updates of Deployments (`deploy/policies`), for API servers that know no CEL:
 * a changed template of an adopted Deployment is frozen, and a release that is held paused stays so, unless Serin says otherwise.
 */
import { FROZE, RELEASE, RESUME, RESUME_REFUSED, ROLLOUT } from "../../api/marks.ts";
import { equalJson, type Json, part } from "./json.ts";
import type { Kind } from "./kinds.ts";

export function freezePolicies({ group, plural }: Pick<Kind, "group" | "plural">, next: Json, previous: Json, user: string): Json {
  if (group !== "apps" || plural !== "deployments") {
    return next;
  }
  return held(frozen(next, previous), previous, user);
}

/** serin-freeze. */
function frozen(next: Json, previous: Json): Json {
  const { uid } = part(previous, "metadata");
  const adopted = String(annotations(previous)[ROLLOUT] ?? "").endsWith(`/${String(uid)}`);
  const changed = !equalJson(part(next, "spec")["template"], part(previous, "spec")["template"]);
  return adopted && changed ? paused(next, { [FROZE]: uid }) : next;
}

/** serin-hold. */
function held(next: Json, previous: Json, user: string): Json {
  const before = annotations(previous);
  const release = String(before[RELEASE] ?? "");
  const ours = release.startsWith(`${String(part(previous, "metadata")["uid"])}/`) && part(previous, "spec")["paused"] === true;
  const resumed = part(next, "spec")["paused"] !== true;
  const allowed = annotations(next)[RESUME] !== undefined && annotations(next)[RESUME] !== before[RESUME];
  return ours && resumed && !allowed ? paused(next, { [RELEASE]: release, [RESUME_REFUSED]: user }) : next;
}

function annotations(object: Json): Json {
  return part(part(object, "metadata"), "annotations");
}

function paused(object: Json, marks: Json): Json {
  return {
    ...object,
    metadata: { ...part(object, "metadata"), annotations: { ...annotations(object), ...marks } },
    spec: { ...part(object, "spec"), paused: true },
  };
}
