/** A label selector that selects something on purpose: an empty one, which Kubernetes reads as "everything", is refused. */
import { z } from "zod";
import { doc, hints, type Rule, withRules } from "./hint.ts";
import { choice } from "./scalars.ts";

const MAX_LABELS = 16;

const KEY = z.string().min(1).max(317).register(hints, { expects: "a label's name", example: "app" });
const VALUE = z.string().max(63).register(hints, { expects: "a label's value in at most 63 characters", example: "web", suggest: quoted });

function quoted(value: unknown): string | undefined {
  return ["number", "boolean"].includes(typeof value) ? JSON.stringify(String(value)) : undefined;
}

const Values = doc(z.array(VALUE).max(MAX_LABELS), { description: "For In and NotIn: the values." })
  .meta({ "x-kubernetes-list-type": "atomic" })
  .register(hints, { expects: `a list of at most ${MAX_LABELS} values`, example: "[web]" });

const ExpressionFields = z.strictObject({
  key: doc(KEY, { description: "The label." }),
  operator: doc(choice(["In", "NotIn", "Exists", "DoesNotExist"]), { description: "How the label is compared with the values." }),
  values: Values.optional(),
});

const valuesWhereNeeded: Rule<z.output<typeof ExpressionFields>> = {
  cel: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
  message: "In and NotIn need values, Exists and DoesNotExist take none",
  fix: "add or remove values",
  broken: ({ operator, values = [] }) => ((operator === "In" || operator === "NotIn") === values.length > 0 ? undefined : ["values"]),
};

const Expression = withRules(ExpressionFields, [valuesWhereNeeded]).register(hints, {
  expects: "a map with key, operator and values",
  example: "{key: app, operator: In, values: [web]}",
});

const SelectorFields = z.strictObject({
  matchLabels: doc(
    z.record(z.string(), VALUE).refine((labels) => Object.keys(labels).length <= MAX_LABELS),
    { description: "Labels that a pod must have." },
  )
    .meta({ maxProperties: MAX_LABELS })
    .register(hints, { expects: `a map of at most ${MAX_LABELS} labels`, example: "{app: web}" })
    .optional(),
  matchExpressions: doc(z.array(Expression).max(MAX_LABELS), { description: "Further conditions on a pod's labels." })
    .meta({ "x-kubernetes-list-type": "atomic" })
    .register(hints, { expects: `a list of at most ${MAX_LABELS} expressions`, example: "[{key: app, operator: Exists}]" })
    .optional(),
});
type SelectorFields = z.output<typeof SelectorFields>;

const selectsSomething: Rule<SelectorFields> = {
  cel: "(has(self.matchLabels) && self.matchLabels.size() > 0) || (has(self.matchExpressions) && self.matchExpressions.size() > 0)",
  message: "an empty selector would read the proxy of every pod in the namespace",
  fix: "name the client pods, for example matchLabels: {app: web}, or remove clients",
  broken: ({ matchLabels = {}, matchExpressions = [] }) =>
    Object.keys(matchLabels).length + matchExpressions.length === 0 ? [] : undefined,
};

export const Selector = withRules(SelectorFields, [selectsSomething]).register(hints, {
  expects: "a label selector",
  example: "{matchLabels: {app: web}}",
});
