/** How a release proceeds: its steps, and what ends it. */
import { z } from "zod";
import { formatDuration, parseDuration } from "../../domain/duration.ts";
import { DEFAULT_WEIGHTS, DEFAULTS, STEP_DEFAULTS } from "../defaults.ts";
import { celDuration, celSumAtMost, durationOf } from "./cel.ts";
import { doc, hints, type Rule, withRules } from "./hint.ts";
import { celPercent, choice, duration, flag, percentOfWeight, weight, whole } from "./scalars.ts";

export const MAX_STEPS = 32;

const StepFields = z.strictObject({
  weight: doc(weight(), {
    description:
      'Share of the requests that the canary gets in this step: a whole percent such as 20, or tenths of a percent such as "0.1%".',
  }),
  minDuration: doc(duration({ min: "0s", max: "168h", example: "1m" }), {
    description: "The step lasts at least so long, even when the evidence is there earlier.",
    default: STEP_DEFAULTS.minDuration,
    change: "Longer for failures that need time to show: memory leaks, full queues, cold caches.",
  }).optional(),
  maxDuration: doc(duration({ min: "1s", max: "168h", example: "30m" }), {
    description: "Time to gather evidence. When it is over without a verdict, onInconclusive decides.",
    default: STEP_DEFAULTS.maxDuration,
    change: "Longer where there is little traffic.",
  }).optional(),
  onInconclusive: doc(choice(["Hold", "Advance", "Rollback"]), {
    description:
      "What happens when maxDuration is over without a verdict: Hold waits for evidence or a person, Advance goes on, Rollback gives up.",
    default: STEP_DEFAULTS.onInconclusive,
    change: "Rollback where nobody watches releases; Advance only for steps whose numbers do not matter.",
  }).optional(),
  approval: doc(flag(), {
    description: "The step ends only when a person says so (`serin promote` or the annotation serin.dev/promote).",
    default: STEP_DEFAULTS.approval,
    change: "true before the step that would hurt most.",
  }).optional(),
});

const minNotAboveMax: Rule<z.output<typeof StepFields>> = {
  cel: `${celDuration("self.minDuration", STEP_DEFAULTS.minDuration)} <= ${celDuration("self.maxDuration", STEP_DEFAULTS.maxDuration)}`,
  message: `minDuration must not be longer than maxDuration (${STEP_DEFAULTS.minDuration} and ${STEP_DEFAULTS.maxDuration} where they are not written)`,
  fix: "shorten minDuration or lengthen maxDuration",
  broken(step) {
    const wrong = durationOf(step.minDuration, STEP_DEFAULTS.minDuration) > durationOf(step.maxDuration, STEP_DEFAULTS.maxDuration);
    return wrong ? [step.minDuration === undefined ? "maxDuration" : "minDuration"] : undefined;
  },
};

const Step = withRules(StepFields, [minNotAboveMax]).register(hints, { expects: "a step", example: "{weight: 20}", suggest: suggestStep });
export type Step = z.output<typeof Step>;

function suggestStep(value: unknown): string | undefined {
  return typeof value === "number" && Number.isInteger(value) ? `{weight: ${value}}` : undefined;
}

const weightsDoNotDecrease: Rule<readonly Step[]> = {
  cel: `[${Array.from({ length: MAX_STEPS - 1 }, (_, i) => i + 1).join(", ")}].all(i, i >= self.size() || ${celPercent("self[i - 1].weight")} <= ${celPercent("self[i].weight")})`,
  message: "steps must not decrease",
  fix: "sort them by weight; rolling back is no step",
  broken(steps) {
    const index = steps.findIndex((step, i) => i > 0 && percentOfWeight(step.weight) < percentOfWeight(steps[i - 1]!.weight));
    return index < 0 ? undefined : [index, "weight"];
  },
};

const Steps = withRules(z.array(Step).min(1).max(MAX_STEPS), [weightsDoNotDecrease])
  .meta({
    description:
      "The ladder of weights that a release climbs. It must not decrease; after the last step all requests go to the canary for the time of bake.",
    "x-kubernetes-list-type": "atomic",
    resolved: "weights 1, 5, 20, 50",
    change: "Fewer steps for services with little traffic, more around the weight at which a bad version would hurt.",
  })
  .register(hints, { expects: `a list of 1 to ${MAX_STEPS} steps`, example: "[{weight: 5}, {weight: 50}]" });

const StrategyFields = z.strictObject({
  steps: Steps.optional(),
  bake: doc(duration({ min: "0s", max: "168h", example: "1m" }), {
    description: "Last look at 100 % before the stable pods are let go.",
    default: DEFAULTS.strategy.bake,
    change: "Longer where going back would be expensive: until the stable pods are gone it takes one write.",
  }).optional(),
  maxUnready: doc(whole({ min: 0, max: 1000, example: 1 }), {
    description: "How many of the canary pods that the weight in force needs may be unready before the canary's weight goes to 0.",
    default: DEFAULTS.strategy.maxUnready,
    change: "1 or more for large canaries on nodes that come and go.",
  }).optional(),
  deadline: doc(duration({ min: "1s", max: "504h", example: "2h" }), {
    description: "Rolled back when the release is not over after so much active time; waiting for a person or for traffic does not count.",
    default: DEFAULTS.strategy.deadline,
    change: "Longer with long steps: it must leave room for every minDuration and the bake.",
  }).optional(),
  freeze: doc(choice(["OnChange", "Always"]), {
    description:
      "How a new template is kept from replacing pods before it was tried. OnChange: the API server itself pauses the Deployment when its template changes, by an admission policy of the install; between releases it is an ordinary Deployment. Always: Serin pauses it on adoption and leaves it so. Where it is not written: OnChange if the policy is in force, else Always.",
    change: "Always where the policy must not be relied on; OnChange to be told when it is missing.",
  }).optional(),
  onFail: doc(choice(["Rollback", "Stop"]), {
    description:
      "What a failed release leads to; either way all requests go back to the stable version at once. Rollback: then the canary's pods are removed. Stop: they are kept at weight 0, and a person decides (`serin abort`, `retry` or `promote`).",
    default: DEFAULTS.strategy.onFail,
    change: "Stop for releases with one-way migrations, where going back may be worse than going on.",
  }).optional(),
});

/** What the default ladder needs at least. */
const DEFAULT_LADDER = formatDuration(DEFAULT_WEIGHTS.length * parseDuration(STEP_DEFAULTS.minDuration)!);

const BAKE = celDuration("self.bake", DEFAULTS.strategy.bake);
const DEADLINE = celDuration("self.deadline", DEFAULTS.strategy.deadline);
const LADDER = { list: "self.steps", field: "minDuration", fallback: STEP_DEFAULTS.minDuration, maxItems: MAX_STEPS };

const fitsTheDeadline: Rule<z.output<typeof StrategyFields>> = {
  cel: [
    `has(self.steps) ? ${celSumAtMost({ ...LADDER, plus: BAKE, limit: DEADLINE })}`,
    `: duration('${DEFAULT_LADDER}') + ${BAKE} <= ${DEADLINE}`,
  ].join(" "),
  message: `no release could be over in time, since minDuration of all steps and bake together are longer than the deadline (${DEFAULTS.strategy.deadline} where it is not written)`,
  fix: "lengthen deadline",
  broken(strategy) {
    const ladder: readonly { minDuration?: string | undefined }[] = strategy.steps ?? DEFAULT_WEIGHTS.map(() => ({}));
    const bake = durationOf(strategy.bake, DEFAULTS.strategy.bake);
    const total = ladder.reduce((sum, step) => sum + durationOf(step.minDuration, STEP_DEFAULTS.minDuration), bake);
    return total > durationOf(strategy.deadline, DEFAULTS.strategy.deadline) ? ["deadline"] : undefined;
  },
};

export const Strategy = doc(withRules(StrategyFields, [fitsTheDeadline]), {
  description: "How a release proceeds, and what ends it.",
}).register(hints, { expects: "a map of fields", example: "{bake: 5m}" });
