/** What is released, through which Service, and with how many pods. */
import { z } from "zod";
import { DEFAULTS } from "../defaults.ts";
import { asText } from "./as-text.ts";
import { doc, hints } from "./hint.ts";
import { choice, duration, LABEL_PATTERN, name, SUBDOMAIN_PATTERN, whole } from "./scalars.ts";

export const TargetRef = doc(
  z.strictObject({
    apiVersion: doc(choice(["apps/v1"]), { description: "API version of the target.", default: DEFAULTS.targetRef.apiVersion }).optional(),
    kind: doc(choice(["Deployment"]), { description: "Kind of the target.", default: DEFAULTS.targetRef.kind }).optional(),
    name: doc(name({ max: 253, pattern: SUBDOMAIN_PATTERN, expects: "the name of a Deployment in this namespace", example: "checkout" }), {
      description: "Name of the Deployment, in the namespace of the CanaryRollout.",
    }),
  }),
  { description: "What is released." },
).register(hints, { expects: "a map with kind and name", example: "{kind: Deployment, name: checkout}", suggest: suggestTarget });

function suggestTarget(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z0-9.-]+$/.test(value) ? `{kind: Deployment, name: ${value}}` : undefined;
}

export const Traffic = doc(
  z.strictObject({
    service: doc(name({ max: 63, pattern: LABEL_PATTERN, expects: "the name of a Service in this namespace", example: "checkout" }), {
      description: "The apex Service: the one that clients call. Its requests are split between the versions.",
      resolved: "the target's name",
      change: "Where Service and Deployment have different names.",
    }).optional(),
    port: doc(whole({ min: 1, max: 65_535, example: 8080, expects: "a port number from 1 to 65535" }), {
      description: "The Service's port whose requests are split.",
      resolved: "the Service's only port",
      change: "Needed where the Service has several ports.",
    }).optional(),
  }),
  { description: "Which requests are split." },
).register(hints, { expects: "a map of fields", example: "{service: checkout, port: 8080}" });

const REPLICAS_HINT = {
  expects: "Proportional, Full, or a whole number from 1 to 1000",
  example: "Proportional",
  suggest: (value: unknown) => ["Proportional", "Full"].find((word) => word.toLowerCase() === asText(value).toLowerCase()),
};

const Replicas = z
  .union([z.enum(["Proportional", "Full"]), z.int().min(1).max(1000)])
  .meta({
    "x-kubernetes-int-or-string": true,
    maxLength: 16,
    "x-kubernetes-validations": [
      {
        rule: "type(self) == int ? self >= 1 && self <= 1000 : self in ['Proportional', 'Full']",
        message: `must be ${REPLICAS_HINT.expects}`,
      },
    ],
  })
  .register(hints, REPLICAS_HINT);

export const Canary = doc(
  z.strictObject({
    replicas: doc(Replicas, {
      description:
        "How many canary pods: Proportional to the weight in force, Full as many as stable from the first step, or a fixed number until promotion.",
      default: DEFAULTS.canary.replicas,
      change: "Full for services whose pods need long to warm up; a number where a single pod's cost matters.",
    }).optional(),
    readyTimeout: doc(duration({ min: "1s", max: "168h", example: "10m" }), {
      description: "Rolled back when the canary's pods are not ready so long after their number was written.",
      default: DEFAULTS.canary.readyTimeout,
      change: "Longer for images that take long to pull or processes that take long to start.",
    }).optional(),
    scaleDownDelay: doc(duration({ min: "0s", max: "168h", example: "30s" }), {
      description: "After a rollback, how long the canary's pods are kept for requests that are still running.",
      default: DEFAULTS.canary.scaleDownDelay,
      change: "Longer for requests that last longer.",
    }).optional(),
  }),
  { description: "The pods of the new version during a release." },
).register(hints, { expects: "a map of fields", example: "{replicas: Full}" });
