/**
 * A Prometheus that scrapes the mesh, asked through prometheus-query: for each family one raw range selector over the pods
 * of all releases, by POST, without any aggregation (a sum would hide resets, doubles and the times of samples).
 *
 * The library knows no AbortSignal (raced here) and throws plain objects (typed here); its driver is made with `preferPost`.
 */
import { readFileSync, statSync } from "node:fs";
import { Agent } from "node:https";
import { PrometheusDriver, type QueryResult, type RangeVector } from "prometheus-query";
import type { FamilySpec, Preset } from "./presets/preset.ts";
import { namespacesAndPods, selectorOf } from "./promql.ts";
import { familiesOf, type Series, startFamily, type View } from "./series.ts";
import type { ExchangeHook, Failure, PodAnswer, PollAnswer, PollOrder, Reading, Source, Target } from "./source.ts";

export interface PrometheusOptions {
  readonly url: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly onQuery?: ExchangeHook;
}

const PODS_A_QUERY = 200;
/** Two scrapes at the usual 30 s, and the one before them. */
const MIN_RANGE_MS = 90_000;
const MAX_TIMEOUT_MS = 10_000;

const NOT_CONFIGURED: Failure = {
  ok: false,
  reason: "Unreachable",
  message: "no Prometheus is configured: start the controller with --prometheus-url, or use analysis.source: Proxies",
};

export function createPrometheusSource(options: PrometheusOptions): Source {
  const driver = options.url === undefined ? undefined : driverFor(options.url, options);
  return {
    keepsHistory: true,
    async poll(order, signal) {
      if (driver === undefined) {
        return NOT_CONFIGURED;
      }
      const batches = Array.from({ length: Math.ceil(order.targets.length / PODS_A_QUERY) }, (_, index) =>
        order.targets.slice(index * PODS_A_QUERY, (index + 1) * PODS_A_QUERY),
      );
      const pods = new Map<string, PodAnswer>();
      for (const targets of batches) {
        const answer = await askBatch(driver, order, targets, signal, options.onQuery);
        if (!answer.ok) {
          return answer;
        }
        for (const [uid, one] of answer.pods) {
          pods.set(uid, one);
        }
      }
      return { ok: true, pods };
    },
    close: async () => {},
  };
}

async function askBatch(
  driver: PrometheusDriver,
  order: PollOrder,
  targets: readonly Target[],
  signal: AbortSignal,
  onQuery: ExchangeHook | undefined,
): Promise<PollAnswer> {
  const rangeMs = Math.max(MIN_RANGE_MS, order.now - order.since + 2 * order.intervalMs);
  const vectors: RangeVector[] = [];
  for (const { family, pods } of familiesAndPods(order.preset, targets)) {
    const query = `${selectorOf(family, order.preset, namespacesAndPods(pods))}[${Math.ceil(rangeMs / 1000)}s]`;
    const started = performance.now();
    const answer = await ask(driver, query, order, signal);
    onQuery?.({ seconds: (performance.now() - started) / 1000, ok: answer.ok });
    if (!answer.ok) {
      return answer;
    }
    const lacking = missingLabel(answer.vectors, family, order.preset);
    if (lacking !== undefined) {
      return {
        ok: false,
        reason: "LabelsMissing",
        message: `${family.name} has no label ${lacking} in Prometheus: the scrape job must keep it`,
      };
    }
    vectors.push(...answer.vectors);
  }
  return { ok: true, pods: byPod(vectors, targets, order) };
}

/** Each family once, over the pods whose view needs it. */
function familiesAndPods(preset: Preset, targets: readonly Target[]): { family: FamilySpec; pods: readonly Target[] }[] {
  const of = (view: View) => targets.filter(({ views }) => views.has(view));
  const views = (["server", "client"] as const).filter((view) => of(view).length > 0);
  const families = views.flatMap((view) => familiesOf(preset, view).map((family) => ({ family, pods: of(view) })));
  return [...families, { family: startFamily(preset), pods: targets }];
}

type Asked = { readonly ok: true; readonly vectors: readonly RangeVector[] } | Failure;

async function ask(driver: PrometheusDriver, query: string, { preset, now }: PollOrder, signal: AbortSignal): Promise<Asked> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const result: QueryResult = await Promise.race([driver.instantQuery(query, now), aborted]);
    if (result.resultType !== "matrix") {
      return { ok: false, reason: "BadAnswer", message: "Prometheus answers a range selector with something else than a matrix" };
    }
    return { ok: true, vectors: result.result as RangeVector[] };
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error, preset);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

interface Thrown {
  readonly errorType?: string;
  readonly httpStatus?: number;
  readonly error?: string;
  readonly original?: { readonly response?: { readonly status?: number } };
  readonly prometheus?: { readonly errorType?: string };
}

/** The library throws plain objects, and its own errors where the answer is not Prometheus'. */
function failureOf(thrown: unknown, { prometheus }: Preset): Failure {
  const { httpStatus, errorType, error, original } = (thrown ?? {}) as Thrown;
  const status = httpStatus ?? original?.response?.status;
  if (status === 401 || status === 403) {
    return { ok: false, reason: "Forbidden", message: `Prometheus refuses (${status}): ${prometheus.whenForbidden}` };
  }
  if (status === undefined && (errorType === "network_error" || errorType === "timeout_error" || errorType === "ssl_error")) {
    return { ok: false, reason: "Unreachable", message: `Prometheus does not answer (${error ?? errorType}): see --prometheus-url` };
  }
  if (status !== undefined && status >= 500) {
    return { ok: false, reason: "Unreachable", message: `Prometheus answers ${status}` };
  }
  return {
    ok: false,
    reason: "BadAnswer",
    message: `Prometheus' answer can't be used: ${error ?? (thrown instanceof Error ? thrown.message : "no result")}`,
  };
}

function missingLabel(vectors: readonly RangeVector[], family: FamilySpec, { prometheus }: Preset): string | undefined {
  const needed = [prometheus.namespaceLabel, prometheus.podLabel, ...family.needs];
  return vectors.flatMap(({ metric }) => needed.filter((label) => labelsOf(metric)[label] === undefined))[0];
}

function labelsOf(metric: RangeVector["metric"]): Record<string, string> {
  return (metric?.labels ?? {}) as Record<string, string>;
}

function byPod(vectors: readonly RangeVector[], targets: readonly Target[], { preset, since }: PollOrder): ReadonlyMap<string, PodAnswer> {
  const { namespaceLabel, podLabel } = preset.prometheus;
  const groups = Map.groupBy(vectors, ({ metric }) => `${labelsOf(metric)[namespaceLabel]}/${labelsOf(metric)[podLabel]}`);
  return new Map(
    targets.map(({ namespace, pod }) => {
      const own = groups.get(`${namespace}/${pod.name}`);
      const answer: PodAnswer = own === undefined ? noSeries(preset) : answerOf(own, preset, since, pod.startedAt);
      return [pod.uid, answer];
    }),
  );
}

function noSeries({ name }: Preset): Failure {
  return {
    ok: false,
    reason: "NoSeries",
    message: `Prometheus knows nothing of these pods: does it scrape the proxies of ${name} in this namespace?`,
  };
}

/** All series of one scrape of a pod have one time: a reading is what came at that time. */
function answerOf(vectors: readonly RangeVector[], preset: Preset, since: number, startedAt: number): PodAnswer {
  const byTime = new Map<number, Map<string, Series>>();
  let duplicated = false;
  for (const { metric, values } of vectors) {
    const labels = ownLabels(labelsOf(metric), preset);
    const name = metric.name ?? "";
    const identity = `${name}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    for (const { time, value } of values) {
      const at = time.getTime();
      const reading = byTime.get(at) ?? new Map<string, Series>();
      byTime.set(at, reading);
      const before = reading.get(identity);
      duplicated ||= before !== undefined;
      reading.set(identity, before !== undefined && before.value > value ? before : { name, identity, labels, value });
    }
  }
  return { ok: true, readings: newest(byTime, since, startedAt), duplicated };
}

/** What is newer than `since`, and the last one before it: the base for the first of them. Nothing of an older pod of the name. */
function newest(byTime: ReadonlyMap<number, ReadonlyMap<string, Series>>, since: number, startedAt: number): Reading[] {
  const times = [...byTime.keys()].filter((at) => at >= startedAt).sort((a, b) => a - b);
  const first = Math.max(
    0,
    times.findLastIndex((at) => at <= since),
  );
  return times.slice(first).map((at) => ({ at, series: [...(byTime.get(at)?.values() ?? [])] }));
}

function ownLabels(labels: Readonly<Record<string, string>>, { prometheus }: Preset): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !prometheus.scrapeLabels.includes(label)));
}

function driverFor(url: string, { tokenFile, caFile }: PrometheusOptions): PrometheusDriver {
  const token = tokenFile === undefined ? undefined : renewed(tokenFile);
  const httpsAgent = caFile === undefined ? undefined : new Agent({ ca: readFileSync(caFile), keepAlive: true });
  return new PrometheusDriver({
    endpoint: url,
    preferPost: true,
    timeout: MAX_TIMEOUT_MS,
    requestInterceptor: {
      onFulfilled(config) {
        if (token !== undefined) {
          config.headers.set("authorization", `Bearer ${token()}`);
        }
        return Object.assign(config, httpsAgent === undefined ? {} : { httpsAgent });
      },
    },
  });
}

/** The file's text, read again when the file changed. */
function renewed(file: string): () => string {
  let read = { at: -1, text: "" };
  return () => {
    const at = statSync(file).mtimeMs;
    if (at !== read.at) {
      read = { at, text: readFileSync(file, "utf8").trim() };
    }
    return read.text;
  };
}
