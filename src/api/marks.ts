/** Everything that Serin writes on objects: labels, annotations, the finalizer. Named here and nowhere else. */

export const GROUP = "serin.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Labels of created objects. */
export const MANAGED_BY = "serin.dev/managed-by"; // name of the CanaryRollout
export const ROLE = "serin.dev/role";
export type Role = "trial" | "stable-service" | "canary-service" | "route";

/** Made by this CanaryRollout, in this role. */
export function isMarked(labels: Readonly<Record<string, string>> | undefined, rollout: string, role: Role): boolean {
  return labels?.[MANAGED_BY] === rollout && labels[ROLE] === role;
}

/** Annotations of a Deployment. Never read from a ReplicaSet: Kubernetes copies them there and never removes them. */
export const ROLLOUT = "serin.dev/rollout"; // <name>/<uid of the Deployment>: adopted
export const RELEASE = "serin.dev/release"; // <uid of the Deployment>/<pending revision>: a release runs or stands rejected
export const ORIGINAL = "serin.dev/original"; // JSON of paused and progressDeadlineSeconds before adoption
export const HANDS_OFF = "serin.dev/hands-off"; // after eject: Serin writes nothing
export const FROZEN = "serin.dev/frozen"; // why it stays frozen without a CanaryRollout
export const RESUME = "serin.dev/resume"; // lets an unpause through (admission policies of the install)
export const RESUME_REFUSED = "serin.dev/resume-refused"; // who was not let through; taken off when it was told
export const FROZE = "serin.dev/froze"; // <uid of the Deployment>: the API server paused it when its template changed
export const DEPLOYMENT_MARKS = [ROLLOUT, RELEASE, ORIGINAL, HANDS_OFF, FROZEN, RESUME, RESUME_REFUSED, FROZE] as const;

/** Annotations of the trial ReplicaSet. */
export const STABLE = "serin.dev/stable"; // name, labels and template of the stable set, to put it back
export const SIZED_AT = "serin.dev/sized-at"; // RFC 3339 time of the current size

/** Annotation of a route: `<revision>/<attempt>`, weight 0 is final for it. */
export const CUT = "serin.dev/cut";

/** Finalizer of a CanaryRollout. */
export const RESTORE = "serin.dev/restore";

/** Annotation of the CRD: the schema's number. */
export const SCHEMA = "serin.dev/schema";
export const SCHEMA_NUMBER = 1;

/** Intents: annotations on the CanaryRollout or on its target. */
export const INTENTS = {
  promote: "serin.dev/promote",
  abort: "serin.dev/abort",
  retry: "serin.dev/retry",
  restart: "serin.dev/restart",
  suspend: "serin.dev/suspend",
} as const;

/** Annotation that a restart writes into the Deployment's pod template, which makes it a release. */
export const RESTARTED = "serin.dev/restarted";

export const POD_TEMPLATE_HASH = "pod-template-hash";
