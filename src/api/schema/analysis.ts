/** Where the numbers come from, and what they must show. */
import { z } from "zod";
import { DEFAULT_SUCCESS_RATE, DEFAULTS } from "../defaults.ts";
import { celDuration, durationOf } from "./cel.ts";
import { doc, hints, type Rule, withRules } from "./hint.ts";
import { choice, duration, name, percentile, rate, whole } from "./scalars.ts";
import { Selector } from "./selector.ts";

const MAX_LATENCIES = 8;

const SuccessRate = doc(
  z.strictObject({
    min: doc(rate("99%"), {
      description: "The least share of requests that must not fail. Fewer, beyond chance, is a failure of the release.",
      resolved: DEFAULT_SUCCESS_RATE,
      change: "To what the service promises; a little below what the stable version reaches on a bad day.",
    }).optional(),
  }),
  { description: "The check of failed requests." },
).register(hints, { expects: "a map with min", example: '{min: "99%"}', suggest: suggestMin });

function suggestMin(value: unknown): string | undefined {
  const min = hints.get(SuccessRate.shape.min.unwrap())?.suggest?.(value);
  return min === undefined ? undefined : `{min: ${min}}`;
}

const Latency = doc(
  z.strictObject({
    percentile: doc(percentile(), { description: 'Which percentile of the answers, as a string: "50", "99", "99.9".' }),
    max: doc(duration({ min: "1ms", max: "1h", example: "500ms", unit: "ms" }), {
      description: "So many percent of the answers must not take longer.",
    }),
  }),
  { description: "One bound on the time that answers take. Failed requests are not counted." },
).register(hints, { expects: "a map with percentile and max", example: '{percentile: "99", max: 500ms}' });
type Latency = z.output<typeof Latency>;

const percentilesDiffer: Rule<readonly Latency[]> = {
  cel: "self.all(a, self.exists_one(b, b.percentile == a.percentile))",
  message: "each percentile can have one bound",
  fix: "keep the smaller max",
  broken(latency) {
    const index = latency.findIndex((entry, i) => latency.some((other, j) => j < i && other.percentile === entry.percentile));
    return index < 0 ? undefined : [index, "percentile"];
  },
};

const Latencies = withRules(z.array(Latency).max(MAX_LATENCIES), [percentilesDiffer])
  .meta({
    description: "Bounds on the time that answers take.",
    "x-kubernetes-list-type": "atomic",
    resolved: "no latency check",
    change: "Where slow is as bad as failed. A bound of the mesh's latency histogram (100ms, 200ms, 500ms, 1s ...) judges sharpest.",
  })
  .register(hints, { expects: `a list of at most ${MAX_LATENCIES} bounds`, example: '[{percentile: "99", max: 500ms}]' });

const AnalysisFields = z.strictObject({
  preset: doc(name({ max: 63, pattern: "^[A-Za-z][A-Za-z0-9]*$", expects: "the name of a metrics preset", example: "Linkerd" }), {
    description: "Which mesh's metrics are read, and what they mean.",
    resolved: "the controller's --preset",
    change: "Where one cluster runs several meshes.",
  }).optional(),
  source: doc(choice(["Prometheus", "Proxies"]), {
    description: "Where the numbers are read: Prometheus, or the mesh proxies of both versions directly.",
    default: DEFAULTS.analysis.source,
    change: "Proxies where there is no Prometheus, or to cut bad versions off within a second or two.",
  }).optional(),
  clients: doc(Selector, {
    description: "Client pods whose proxies are read too, for failures that no server can report. With source Proxies.",
    resolved: "none",
    change: "With source Proxies, where time-outs and refused connections matter.",
  }).optional(),
  interval: doc(duration({ min: "1s", max: "5m", example: "10s" }), {
    description: "Time between two samples.",
    default: DEFAULTS.analysis.interval,
    change: "Not shorter than Prometheus scrapes; with source Proxies down to 1s.",
  }).optional(),
  minRequests: doc(whole({ min: 1, max: 1_000_000, example: 50 }), {
    description: "So many requests of the canary must have been seen before a check can pass. A failure needs no minimum.",
    default: DEFAULTS.analysis.minRequests,
    change: "Lower for services with little traffic, higher for tight thresholds.",
  }).optional(),
  onError: doc(choice(["Hold", "Rollback"]), {
    description:
      "While the numbers cannot be read, traffic is held. After errorTimeout: Hold goes on holding and reports it, Rollback gives up.",
    default: DEFAULTS.analysis.onError,
    change: "Rollback where a canary must not stay unobserved.",
  }).optional(),
  errorTimeout: doc(duration({ min: "1s", max: "168h", example: "10m" }), {
    description: "How long the numbers may be unreadable before onError decides.",
    default: DEFAULTS.analysis.errorTimeout,
    change: "Longer than a restart of Prometheus takes.",
  }).optional(),
  successRate: SuccessRate.optional(),
  latency: Latencies.optional(),
});
type Analysis = z.output<typeof AnalysisFields>;

const clientsNeedProxies: Rule<Analysis> = {
  cel: `!has(self.clients) || (has(self.source) ? self.source : '${DEFAULTS.analysis.source}') == 'Proxies'`,
  message: "clients is read with source Proxies only; Prometheus knows all clients already",
  fix: "write source: Proxies, or remove clients",
  broken: ({ clients, source }) => (clients !== undefined && source !== "Proxies" ? ["clients"] : undefined),
};

const timeoutCoversInterval: Rule<Analysis> = {
  cel: `${celDuration("self.errorTimeout", DEFAULTS.analysis.errorTimeout)} >= ${celDuration("self.interval", DEFAULTS.analysis.interval)}`,
  message: "errorTimeout must not be shorter than interval, or one late sample would count as an outage",
  fix: "lengthen errorTimeout or shorten interval",
  broken({ errorTimeout, interval }) {
    const wrong = durationOf(errorTimeout, DEFAULTS.analysis.errorTimeout) < durationOf(interval, DEFAULTS.analysis.interval);
    return wrong ? [errorTimeout === undefined ? "interval" : "errorTimeout"] : undefined;
  },
};

export const Analysis = doc(withRules(AnalysisFields, [clientsNeedProxies, timeoutCoversInterval]), {
  description: "What the canary's numbers must show, and where they come from.",
}).register(hints, { expects: "a map of fields", example: "{interval: 10s}" });
