/** A source's reading as counters of one release: which series count what, and whether they can be counted at all. */
import type { PodRef } from "../domain/samples.ts";
import type { CounterReading } from "./differ.ts";
import type { Meaning, Meanings } from "./meaning.ts";
import type { View } from "./series.ts";
import type { Reading } from "./source.ts";

export interface PodReading {
  readonly uid: string;
  readonly at: number;
  readonly counters: CounterReading;
  readonly meanings: ReadonlyMap<string, Meaning>;
}

export type ReadingResult =
  | { readonly ok: true; readonly reading: PodReading; readonly duplicated: boolean }
  /** A value that no counter has: not a number, negative, infinite. */
  | { readonly ok: false; readonly family: string };

export function readingOf(pod: PodRef, reading: Reading, meaningOf: Meanings, views: ReadonlySet<View>): ReadingResult {
  const values = new Map<string, number>();
  const meanings = new Map<string, Meaning>();
  let startedAt: number | undefined;
  let duplicated = false;
  for (const series of reading.series) {
    const meaning = meaningOf(series);
    if (meaning === undefined || !isSeenBy(meaning, views)) continue;
    const { name, identity, value } = series;
    if (!Number.isFinite(value) || value < 0) return { ok: false, family: name };
    if (meaning.kind === "start") {
      startedAt = value * 1000;
      continue;
    }
    duplicated ||= values.has(identity);
    values.set(identity, Math.max(value, values.get(identity) ?? 0));
    meanings.set(identity, meaning);
  }
  const counters = { at: reading.at, startedAt, restarts: pod.restarts, values };
  return { ok: true, reading: { uid: pod.uid, at: reading.at, counters, meanings }, duplicated };
}

function isSeenBy({ kind }: Meaning, views: ReadonlySet<View>): boolean {
  return kind === "start" || views.has(kind === "backend" ? "client" : "server");
}
