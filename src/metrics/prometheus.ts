/**
 * A Prometheus that scrapes the mesh: raw samples of all pods of all releases, one set of queries for each poll, and each pod told of
 * as soon as its own queries are answered.
 *
 * Every poll asks for a little more than it needs: the samples since the last good one, and those before that the server
 * may have got late. Nothing is aggregated there.
 */
import { chunksOf } from "./chunks.ts";
import { neededLabels } from "./condition.ts";
import { createGathering, type PodsQuery } from "./gathering.ts";
import { type NamedSeries, readingsOf } from "./pod-series.ts";
import type { FamilySpec, Preset } from "./presets/preset.ts";
import { type ApiAnswer, createPrometheusApi, type PrometheusApi } from "./prometheus-api.ts";
import { anySeries, rangeSelector } from "./promql.ts";
import { watchedFile } from "./secret-file.ts";
import { familiesOf, startFamily, type View } from "./series.ts";
import {
  type ExchangeHook,
  type Failure,
  LATE,
  LATE_SHARE,
  type PodAnswer,
  type PollOrder,
  type PollPart,
  type Source,
  type Target,
} from "./source.ts";
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

const FILE_UNREAD: Failure = {
  ok: false,
  reason: "Unreachable",
  message: "a file of --prometheus-token-file or --prometheus-ca-file cannot be read",
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

  /** What does not answer in time fails alone. */
  function asking(from: PrometheusApi, { now, intervalMs }: PollOrder, signal: AbortSignal): Ask {
    const ask = async (query: string): Promise<ApiAnswer> => {
      const late = AbortSignal.timeout(intervalMs * LATE_SHARE);
      try {
        return await from.query(query, now, AbortSignal.any([signal, late]));
      } catch (error) {
        if (signal.aborted || !late.aborted) throw error;
        return LATE;
      }
    };
    return async (query) => {
      const started = performance.now();
      let ok = false;
      try {
        const answer = await ask(query);
        ok = answer.ok;
        return answer;
      } finally {
        onQuery?.({ seconds: (performance.now() - started) / 1000, ok });
      }
    };
  }

  return {
    keepsHistory: true,
    async poll(order, tell, signal) {
      if (url === undefined) return tell({ targets: order.targets, answer: NOT_CONFIGURED });
      let from: PrometheusApi;
      try {
        from = await current(url, order.preset);
      } catch {
        return tell({ targets: order.targets, answer: FILE_UNREAD });
      }
      await pollPods(order, asking(from, order, signal), tell);
    },
    async close() {
      api?.of.close();
    },
  };
}

async function pollPods(order: PollOrder, ask: Ask, tell: (part: PollPart) => void): Promise<void> {
  const queries = queriesOf(order);
  const gathering = createGathering(order.preset, queries);
  const tellAll = (targets: Iterable<Target>, answer: (target: Target) => PodAnswer) => {
    const asked = [...targets];
    const pods = new Map(asked.filter(order.isCurrent).map((target) => [target.pod.uid, answer(target)]));
    if (asked.length > 0) tell({ targets: asked, answer: { ok: true, pods } });
  };
  await inTurns(queries, QUERIES_AT_ONCE, async (query) => {
    const { read, failed } = gathering.take(query, await ask(query.text));
    for (const [failure, targets] of failed) tell({ targets, answer: failure });
    tellAll(read.keys(), (target) => answerOf(target, read.get(target) ?? [], order));
  });
  const { silent } = gathering;
  const missing = silent.length === 0 ? undefined : await whyNothing(order.preset, ask);
  tellAll(silent, (target) => missing ?? answerOf(target, [], order));
}

interface TextQuery extends PodsQuery {
  readonly text: string;
}

/** Those of the first pods first, so that these are whole soon. */
function queriesOf({ preset, targets, now, since }: PollOrder): TextQuery[] {
  const rangeSeconds = Math.ceil((Math.min(MAX_RANGE_MS, Math.max(0, now - since)) + LOOKBACK_MS) / 1000);
  const of = (families: readonly FamilySpec[], asked: readonly Target[]) =>
    chunksOf(asked, PODS_PER_QUERY).flatMap((chunk, place, { length }) =>
      families.map((family) => {
        const text = rangeSelector(family, preset, namesOf(chunk), rangeSeconds);
        return { turn: place / length, query: { family, targets: chunk, text } };
      }),
    );
  const seenBy = (view: View) => targets.filter(({ views }) => views.has(view));
  const queries = [
    ...of([startFamily(preset)], targets),
    ...of(familiesOf(preset, "server"), seenBy("server")),
    ...of(familiesOf(preset, "client"), seenBy("client")),
  ];
  return queries.toSorted((a, b) => a.turn - b.turn).map(({ query }) => query);
}

function namesOf(targets: readonly Target[]) {
  return { namespaces: [...new Set(targets.map(({ namespace }) => namespace))], pods: [...new Set(targets.map(({ pod }) => pod.name))] };
}

/** Kubernetes rounds a pod's start down to the second. */
const START_PRECISION_MS = 1_000;

function answerOf({ pod, since }: Target, series: readonly NamedSeries[], { preset, now }: PollOrder): PodAnswer {
  if (series.length === 0) {
    // A pod that began just now has not been scraped yet.
    return now - pod.startedAt < FIRST_SAMPLE_MS ? { ok: true, readings: [], duplicated: false } : NO_SERIES;
  }
  const lacking = lackingLabel(preset, series);
  if (lacking !== undefined) return lacking;
  const { readings, duplicated } = readingsOf(series, preset, since);
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
