/**
 * From Prometheus' series to readings: all samples of one pod and time together, as its proxy showed them.
 *
 * A scrape adds labels to the proxy's own (job, instance, the pod's labels ...). They are known exactly: the start of the
 * process carries no label but those. So what is equal there is stripped from every counter; the preset's list of such
 * labels is for servers that keep no process families. A pod that is scraped twice is two targets with the same counters:
 * one of them is read.
 */
import type { Preset } from "./presets/preset.ts";
import type { ApiSample, ApiSeries } from "./prometheus-api.ts";
import type { Labels, Series } from "./series.ts";
import type { Reading } from "./source.ts";

export interface NamedSeries extends ApiSeries {
  readonly name: string;
}

export interface PodReadings {
  /** Oldest first. */
  readonly readings: readonly Reading[];
  readonly duplicated: boolean;
}

interface OwnSeries extends Pick<NamedSeries, "samples"> {
  readonly target: string;
  readonly identity: string;
  readonly name: string;
  readonly labels: Labels;
}

/** Of those that are not newer than `since` (milliseconds since the epoch) the last one alone. */
export function readingsOf(series: readonly NamedSeries[], preset: Preset, since: number): PodReadings {
  const starts = series.filter(({ name }) => name === preset.processStart).map(({ labels }) => labels);
  // A target that got one label more holds all labels of the one that it was.
  const targets = starts.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length);
  const byTarget = Map.groupBy(
    series.map((one) => ownSeries(one, targets, preset)),
    ({ target }) => target,
  );
  const alive = aliveOf([...byTarget].toSorted(([a, seriesA], [b, seriesB]) => seriesB.length - seriesA.length || (a < b ? -1 : 1)));
  const [chosen] = alive;
  return { readings: chosen === undefined ? [] : byTime(chosen, since), duplicated: alive.length > 1 };
}

function ownSeries({ name, labels, samples }: NamedSeries, targets: readonly Labels[], { prometheus }: Preset): OwnSeries {
  const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const target = targets.find((of) => Object.entries(of).every(([label, value]) => labels[label] === value));
  const stripped = new Set(
    target === undefined ? [...prometheus.scrapeLabels, prometheus.namespaceLabel, prometheus.podLabel] : Object.keys(target),
  );
  const own = entries.filter(([label]) => !stripped.has(label));
  return {
    name,
    labels,
    samples,
    target: JSON.stringify(entries.filter(([label]) => stripped.has(label))),
    identity: `${name}${JSON.stringify(own)}`,
  };
}

/** Where nothing tells how often a target is scraped. */
const UNKNOWN_SPACING_MS = 30_000;

/** Targets that are still scraped: one that is gone has samples too, up to its end. */
function aliveOf(targets: readonly (readonly [string, readonly OwnSeries[]])[]): readonly (readonly OwnSeries[])[] {
  if (targets.length === 1) return targets.map(([, series]) => series);
  const timesOf = targets.map(([, series]) => timesIn(series));
  const newest = Math.max(...timesOf.map((times) => times.at(-1) ?? 0));
  const gaps = timesOf.flatMap((times) => times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  const tolerated = gaps.length === 0 ? UNKNOWN_SPACING_MS : 1.5 * median(gaps);
  return targets.flatMap(([, series], index) => ((timesOf[index]?.at(-1) ?? 0) >= newest - tolerated ? [series] : []));
}

function timesIn(series: readonly OwnSeries[]): readonly number[] {
  return [...new Set(series.flatMap(({ samples }) => samples.map(({ at }) => at)))].toSorted((a, b) => a - b);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function byTime(series: readonly OwnSeries[], since: number): readonly Reading[] {
  const from = lastUpTo(series, since);
  const times = new Map<number, Series[]>();
  for (const { name, identity, labels, samples } of series) {
    for (let index = samples.length - 1; index >= 0; index -= 1) {
      const { at, value } = samples[index] as ApiSample;
      if (at < from) break;
      const list = times.get(at);
      if (list === undefined) times.set(at, [{ name, identity, labels, value }]);
      else list.push({ name, identity, labels, value });
    }
  }
  return [...times].toSorted(([a], [b]) => a - b).map(([at, list]) => ({ at, series: list }));
}

/** Samples of a series come in the order of time. */
function lastUpTo(series: readonly OwnSeries[], since: number): number {
  return Math.max(...series.map(({ samples }) => samples.findLast(({ at }) => at <= since)?.at ?? Number.NEGATIVE_INFINITY));
}
