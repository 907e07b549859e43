/**
 * The custom resource CanaryRollout, written once: types, validation, the CRD, the editor schema and the field reference come
 * from here. Fields are there when they are built; an unknown field or value is an error, never ignored.
 */
import { z } from "zod";
import type { ObjectMeta } from "../domain/kube.ts";
import { DEFAULTS, STEP_DEFAULTS } from "./defaults.ts";
import { API_VERSION } from "./marks.ts";
import { Analysis } from "./schema/analysis.ts";
import { asText } from "./schema/as-text.ts";
import { celDuration, durationOf } from "./schema/cel.ts";
import { doc, hints, type Rule, withRules } from "./schema/hint.ts";
import { choice, flag, LABEL_PATTERN, matchesCel, name, SUBDOMAIN_PATTERN } from "./schema/scalars.ts";
import { Strategy } from "./schema/strategy.ts";
import { Canary, TargetRef, Traffic } from "./schema/target.ts";
import type { CanaryRolloutStatus } from "./status.ts";

const SpecFields = z.strictObject({
  targetRef: TargetRef,
  traffic: Traffic.optional(),
  canary: Canary.optional(),
  strategy: Strategy.optional(),
  analysis: Analysis.optional(),
  health: doc(choice(["Wait", "Detached"]), {
    description:
      "Wait: not Ready until a change is released. Detached: a running release changes neither Ready nor Reconciling nor Stalled.",
    default: DEFAULTS.health,
    change: "Detached for pipelines that must not be blocked while a release runs.",
  }).optional(),
  deletionPolicy: doc(choice(["Unfreeze", "Resume"]), {
    description:
      "What becomes of the Deployment when this object is deleted. Unfreeze: it rolls on only if its template is the running version, else it stays frozen and says so. Resume: Kubernetes rolls out whatever the template says.",
    default: DEFAULTS.deletionPolicy,
    change: "Resume where a deleted CanaryRollout should mean an ordinary Deployment at once, tried or not.",
  }).optional(),
  class: doc(
    name({ max: 40, pattern: LABEL_PATTERN, expects: "a name in lower case of at most 40 characters, such as blue", example: "blue" }),
    {
      description: "Which controller acts: the one that runs with --class of this name. Others leave this object alone.",
      resolved: "the controller without a class",
      change: "To try a new Serin on one rollout, or one namespace, beside the one that acts on all others.",
    },
  ).optional(),
  suspend: doc(flag(), {
    description: "Hold the traffic exactly as it is. A canary that fails is still rolled back.",
    default: DEFAULTS.suspend,
    change: "true for as long as releases must stand still.",
  }).optional(),
});
type SpecFields = z.output<typeof SpecFields>;

const SUBDOMAIN = new RegExp(SUBDOMAIN_PATTERN);
const LABEL = new RegExp(LABEL_PATTERN);

const serviceNameFits: Rule<SpecFields> = {
  cel: `(has(self.traffic) && has(self.traffic.service)) || (self.targetRef.name.size() <= 63 && ${matchesCel("self.targetRef.name", LABEL_PATTERN)})`,
  message: "no Service can have the name of this target",
  fix: "write traffic.service",
  broken({ targetRef: { name }, traffic }) {
    const wrong = SUBDOMAIN.test(name) && (name.length > 63 || !LABEL.test(name));
    return traffic?.service === undefined && wrong ? ["traffic", "service"] : undefined;
  },
};

const someCanaryMustBeReady: Rule<SpecFields> = {
  cel: [
    "!has(self.canary) || !has(self.canary.replicas) || type(self.canary.replicas) != int",
    `|| self.canary.replicas > (has(self.strategy) && has(self.strategy.maxUnready) ? self.strategy.maxUnready : ${DEFAULTS.strategy.maxUnready})`,
  ].join(" "),
  message: "maxUnready allows the whole canary to be unready",
  fix: "write a maxUnready below canary.replicas",
  broken({ canary, strategy }) {
    const allowed = strategy?.maxUnready ?? DEFAULTS.strategy.maxUnready;
    const size = canary?.replicas;
    return typeof size === "number" && size >= 1 && size <= allowed ? ["strategy", "maxUnready"] : undefined;
  },
};

const INTERVAL = `duration(has(self.analysis) && has(self.analysis.interval) ? self.analysis.interval : '${DEFAULTS.analysis.interval}')`;

const stepsSeeSamples: Rule<SpecFields> = {
  cel: [
    "!has(self.strategy) || !has(self.strategy.steps)",
    `|| self.strategy.steps.all(s, ${celDuration("s.maxDuration", STEP_DEFAULTS.maxDuration)} >= ${INTERVAL})`,
  ].join(" "),
  message: "a step would be over before its first sample, since its maxDuration is shorter than analysis.interval",
  fix: "lengthen maxDuration or shorten analysis.interval",
  broken({ strategy, analysis }) {
    const interval = durationOf(analysis?.interval, DEFAULTS.analysis.interval);
    const index = (strategy?.steps ?? []).findIndex((step) => durationOf(step.maxDuration, STEP_DEFAULTS.maxDuration) < interval);
    return index < 0 ? undefined : ["strategy", "steps", index, "maxDuration"];
  },
};

export const CanaryRolloutSpec = doc(withRules(SpecFields, [serviceNameFits, someCanaryMustBeReady, stepsSeeSamples]), {
  description: "What is released, and how. targetRef alone is a complete, safe rollout.",
}).register(hints, { expects: "a map of fields", example: "{targetRef: {kind: Deployment, name: checkout}}" });
export type CanaryRolloutSpec = z.input<typeof CanaryRolloutSpec>;

const TEXT_HINT = { expects: "a string", example: '"true"', suggest: (value: unknown) => JSON.stringify(asText(value)) };

export const MAX_NAME_LENGTH = 63;

/** What people write of an object's metadata; the API server has its own rules for the rest. */
const Metadata = doc(
  z.looseObject({
    name: z
      .string()
      .min(1)
      .max(MAX_NAME_LENGTH)
      .register(hints, {
        expects: `a name of at most ${MAX_NAME_LENGTH} characters, since it becomes a label's value`,
        example: "checkout",
      }),
    namespace: z.string().max(63).optional(),
    labels: z.record(z.string(), z.string().register(hints, TEXT_HINT)).optional(),
    annotations: z.record(z.string(), z.string().register(hints, TEXT_HINT)).optional(),
  }),
  { description: "Standard metadata of an object." },
).register(hints, { expects: "a map with a name", example: "{name: checkout}" });

/** A manifest. Status is not checked here: whoever writes it compares what the API server kept. */
export const CanaryRollout = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).register(hints, { expects: API_VERSION, example: API_VERSION }),
    kind: z.literal("CanaryRollout").register(hints, { expects: "CanaryRollout", example: "CanaryRollout" }),
    metadata: Metadata,
    spec: CanaryRolloutSpec,
    status: z.unknown().optional(),
  })
  .register(hints, { expects: "an object", example: "{apiVersion: serin.dev/v1alpha1, kind: CanaryRollout}" });

export interface CanaryRollout {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "CanaryRollout";
  readonly metadata: ObjectMeta;
  readonly spec: CanaryRolloutSpec;
  readonly status?: CanaryRolloutStatus;
  readonly [field: string]: unknown;
}
