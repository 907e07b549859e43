/**
 * A Prometheus that scrapes the mesh: raw samples of all pods of all releases, one set of queries for each poll.
 *
 * Every poll asks for a little more than it needs: the samples since the last good one, and those before that the server
 * may have got late. Nothing is aggregated there.
 */
import { neededLabels } from "./condition.ts";
import { type NamedSeries, readingsOf } from "./pod-series.ts";
import type { FamilySpec, Preset } from "./presets/preset.ts";
import { type ApiAnswer, createPrometheusApi, type PrometheusApi } from "./prometheus-api.ts";
import { anySeries, rangeSelector } from "./promql.ts";
import { watchedFile } from "./secret-file.ts";
import { familiesOf, startFamily, type View } from "./series.ts";
import type { ExchangeHook, Failure, PodAnswer, PollAnswer, PollOrder, Source, Target } from "./source.ts";
import { inTurns } from "./turns.ts";

export interface PrometheusOptions {
  readonly url: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly onQuery?: ExchangeHook;
}

const PODS_PER_QUERY = 200;
const QUERIES_AT_ONCE = 4;
const LOOKBACK_MS = 90_000;
const MAX_RANGE_MS = 15 * 60_000;
/** Scrapes of linkerd-viz are 10 s apart, of many others 60 s. */
const FIRST_SAMPLE_MS = 90_000;

const NOT_CONFIGURED: Failure = {
  ok: false,
  reason: "Unreachable",
  message: "no Prometheus is configured: start the controller with --prometheus-url, or use analysis.source: Proxies",
};

type Ask = (query: string) => Promise<ApiAnswer>;

export function createPrometheusSource({ url, tokenFile, caFile, onQuery }: PrometheusOptions): Source {
  const files = { token: watchedFile(tokenFile), ca: watchedFile(caFile) };
  let api: { readonly key: string; readonly of: PrometheusApi } | undefined;

  /** One for as long as the credentials stay the same, so that connections are kept. */
  async function current(endpoint: string, preset: Preset): Promise<PrometheusApi> {
    const [token, ca] = await Promise.all([files.token(), files.ca()]);
    const key = JSON.stringify([token, ca, preset.name]);
    if (api?.key !== key) {
      api?.of.close();
      api = { key, of: createPrometheusApi({ url: endpoint, token, ca, whenForbidden: preset.prometheus.whenForbidden }) };
    }
    return api.of;
  }

  function asking(from: PrometheusApi, now: number, signal: AbortSignal): Ask {
    return async (query) => {
      const started = performance.now();
      const answer = await from.query(query, now, signal).catch((error: unknown) => {
        onQuery?.({ seconds: (performance.now() - started) / 1000, ok: false });
        throw error;
      });
      onQuery?.({ seconds: (performance.now() - started) / 1000, ok: answer.ok });
      return answer;
    };
  }

  return {
    keepsHistory: true,
    async poll(order, signal) {
      if (url === undefined) return NOT_CONFIGURED;
      let from: PrometheusApi;
      try {
        from = await current(url, order.preset);
      } catch {
        return { ok: false, reason: "Unreachable", message: "a file of --prometheus-token-file or --prometheus-ca-file cannot be read" };
      }
      return pollPods(order, asking(from, order.now, signal));
    },
    async close() {
      api?.of.close();
    },
  };
}

async function pollPods(order: PollOrder, ask: Ask): Promise<PollAnswer> {
  const queries = queriesOf(order);
  const answers = await inTurns(queries, QUERIES_AT_ONCE, async ({ family, query }) => ({ family, answer: await ask(query) }));
  const byPod = new Map<string, NamedSeries[]>();
  for (const { family, answer } of answers) {
    if (!answer.ok) return answer;
    for (const series of answer.series) {
      const pod = podOf(order.preset, series.labels);
      const list = byPod.get(pod) ?? [];
      list.push({ ...series, name: family.name });
      byPod.set(pod, list);
    }
  }
  const isKnown = order.targets.some(({ namespace, pod }) => byPod.has(`${namespace}/${pod.name}`));
  const missing = isKnown || order.targets.length === 0 ? undefined : await whyNothing(order.preset, ask);
  const pods = new Map<string, PodAnswer>();
  for (const target of order.targets) {
    if (order.isCurrent(target)) pods.set(target.pod.uid, missing ?? answerOf(target, byPod, order));
  }
  return { ok: true, pods };
}

interface FamilyQuery {
  readonly family: FamilySpec;
  readonly query: string;
}

function queriesOf({ preset, targets, now, since }: PollOrder): FamilyQuery[] {
  const rangeSeconds = Math.ceil((Math.min(MAX_RANGE_MS, Math.max(0, now - since)) + LOOKBACK_MS) / 1000);
  const of = (families: readonly FamilySpec[], asked: readonly Target[]) =>
    chunks(asked, PODS_PER_QUERY).flatMap((chunk) =>
      families.map((family) => ({ family, query: rangeSelector(family, preset, namesOf(chunk), rangeSeconds) })),
    );
  const seenBy = (view: View) => targets.filter(({ views }) => views.has(view));
  return [
    ...of([startFamily(preset)], targets),
    ...of(familiesOf(preset, "server"), seenBy("server")),
    ...of(familiesOf(preset, "client"), seenBy("client")),
  ];
}

function namesOf(targets: readonly Target[]) {
  return { namespaces: [...new Set(targets.map(({ namespace }) => namespace))], pods: [...new Set(targets.map(({ pod }) => pod.name))] };
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

function podOf({ prometheus }: Preset, labels: NamedSeries["labels"]): string {
  return `${labels[prometheus.namespaceLabel] ?? ""}/${labels[prometheus.podLabel] ?? ""}`;
}

/** Kubernetes rounds a pod's start down to the second. */
const START_PRECISION_MS = 1_000;

function answerOf({ namespace, pod }: Target, byPod: ReadonlyMap<string, readonly NamedSeries[]>, { preset, now }: PollOrder): PodAnswer {
  const series = byPod.get(`${namespace}/${pod.name}`) ?? [];
  if (series.length === 0) {
    // A pod that began just now has not been scraped yet.
    return now - pod.startedAt < FIRST_SAMPLE_MS ? { ok: true, readings: [], duplicated: false } : NO_SERIES;
  }
  const lacking = lackingLabel(preset, series);
  if (lacking !== undefined) return lacking;
  const { readings, duplicated } = readingsOf(series, preset);
  // A pod of that name from before (a StatefulSet's) is another one.
  return { ok: true, readings: readings.filter(({ at }) => at >= pod.startedAt - START_PRECISION_MS), duplicated };
}

const NO_SERIES: Failure = {
  ok: false,
  reason: "NoSeries",
  message: "Prometheus knows no metrics of the proxies: does it scrape their admin port, and are the pods meshed?",
};

/** A label that every series of a family lacks; single ones may: a request that ended without an answer has no status. */
function lackingLabel(preset: Preset, series: readonly NamedSeries[]): Failure | undefined {
  const families = [...familiesOf(preset, "server"), ...familiesOf(preset, "client")];
  for (const family of families) {
    const own = series.filter(({ name }) => name === family.name);
    const lacks = (labels: NamedSeries["labels"]) => family.needs.find((needed) => labels[needed] === undefined);
    const label = own.every(({ labels }) => lacks(labels) !== undefined) ? own.map(({ labels }) => lacks(labels))[0] : undefined;
    if (label !== undefined) return labelsMissing(family.name, label);
  }
  return undefined;
}

/** Nothing of any pod: perhaps Prometheus has the metrics, under other labels than those that were asked for. */
async function whyNothing(preset: Preset, ask: Ask): Promise<Failure | undefined> {
  const answer = await ask(anySeries(preset.requests));
  const [any] = answer.ok ? answer.series : [];
  if (any === undefined) return undefined;
  const needed = [preset.prometheus.namespaceLabel, preset.prometheus.podLabel, ...neededLabels(preset.requests)];
  const label = needed.find((name) => any.labels[name] === undefined);
  return label === undefined ? undefined : labelsMissing(preset.requests.name, label);
}

function labelsMissing(family: string, label: string): Failure {
  return {
    ok: false,
    reason: "LabelsMissing",
    message: `${family} has no label ${label} in Prometheus: keep it in the scrape job's relabelling`,
  };
}
