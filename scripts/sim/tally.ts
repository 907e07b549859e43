/** What came of many histories, in one line. */
import type { Told } from "./worker.ts";

export interface Tally {
  add(told: Told): void;
  readonly broken: readonly Told[];
  /** For somebody who waits. */
  progress(): string;
  summary(from: number): string;
}

/** `of`: how many there will be; undefined: nobody knows. */
export function startTally(of: number | undefined): Tally {
  const started = performance.now();
  const outcomes = new Map<string, number>();
  const broken: Told[] = [];
  let count = 0;
  let last = 0;
  const seconds = () => (performance.now() - started) / 1000;
  const rate = () => `${(count / Math.max(0.001, seconds())).toFixed(1)}/s`;
  return {
    broken,
    add(told) {
      count += 1;
      last = Math.max(last, told.seed);
      for (const outcome of told.outcomes) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      if (told.broken.length > 0) {
        broken.push(told);
      }
    },
    progress: () => `${count}${of === undefined ? "" : `/${of}`} histories, ${rate()}, ${lengthOf(seconds())}, seed ${last}`,
    summary(from) {
      const told = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ");
      return `${count} histories from seed ${from} in ${seconds().toFixed(1)} s (${rate()}): ${broken.length} broken; ${told}`;
    },
  };
}

function lengthOf(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return `${h}:${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}`;
}
