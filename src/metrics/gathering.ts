/**
 * What queries bring of the pods of one order. A pod is whole when every query that asks for it has been answered; one that failed
 * fails its own pods alone. While nothing is known of any pod, those that are whole wait: whether anything ever is tells why.
 */
import type { NamedSeries } from "./pod-series.ts";
import type { FamilySpec, Preset } from "./presets/preset.ts";
import type { ApiAnswer } from "./prometheus-api.ts";
import type { Failure, Target } from "./source.ts";

/** One family's samples of some pods. */
export interface PodsQuery {
  readonly family: FamilySpec;
  readonly targets: readonly Target[];
}

export interface Gathering {
  /** The pods that are whole now. */
  take(query: PodsQuery, answer: ApiAnswer): Whole;
  /** The pods that wait. */
  readonly silent: readonly Target[];
}

export interface Whole {
  /** With their series, where there are any. */
  readonly read: ReadonlyMap<Target, readonly NamedSeries[]>;
  readonly failed: ReadonlyMap<Failure, readonly Target[]>;
}

export function createGathering(preset: Preset, queries: readonly PodsQuery[]): Gathering {
  const waiting = new Map<Target, number>();
  for (const target of queries.flatMap(({ targets }) => targets)) waiting.set(target, (waiting.get(target) ?? 0) + 1);
  const failures = new Map<Target, Failure>();
  let silent: Target[] = [];
  const series = new Map<string, NamedSeries[]>();
  let isAnyKnown = false;

  function note({ family, targets }: PodsQuery, answer: ApiAnswer): void {
    if (!answer.ok) {
      for (const target of targets) failures.set(target, failures.get(target) ?? answer);
      return;
    }
    for (const { labels, samples } of answer.series) {
      const pod = nameOf(labels[preset.prometheus.namespaceLabel] ?? "", labels[preset.prometheus.podLabel] ?? "");
      const list = series.get(pod);
      if (list === undefined) series.set(pod, [{ labels, samples, name: family.name }]);
      else list.push({ labels, samples, name: family.name });
    }
  }

  function isWhole(target: Target): boolean {
    const left = (waiting.get(target) ?? 0) - 1;
    waiting.set(target, left);
    return left === 0;
  }

  /** Once: its series are given away. */
  function seriesOf({ namespace, pod }: Target): readonly NamedSeries[] {
    const name = nameOf(namespace, pod.name);
    const own = series.get(name) ?? [];
    series.delete(name);
    return own;
  }

  return {
    take(query, answer) {
      note(query, answer);
      const failed = new Map<Failure, Target[]>();
      const read = new Map<Target, readonly NamedSeries[]>();
      for (const target of query.targets.filter(isWhole)) {
        const failure = failures.get(target);
        if (failure === undefined) read.set(target, seriesOf(target));
        else failed.set(failure, [...(failed.get(failure) ?? []), target]);
      }
      isAnyKnown ||= [...read.values()].some(({ length }) => length > 0);
      if (!isAnyKnown) {
        silent.push(...read.keys());
        return { read: new Map(), failed };
      }
      for (const target of silent) read.set(target, []);
      silent = [];
      return { read, failed };
    },
    get silent() {
      return silent;
    },
  };
}

function nameOf(namespace: string, pod: string): string {
  return `${namespace}/${pod}`;
}
