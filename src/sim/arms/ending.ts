/** How one simulated release ended, and what many of them come to. */
import type { Sample, Traffic } from "./traffic.ts";

export interface Ending {
  readonly outcome: "rolledBack" | "promoted" | "open";
  readonly seconds: number;
  /** To the canary, and of these failed. */
  readonly requests: number;
  readonly failures: number;
  /** Seconds with a share below the step's. */
  readonly cutSeconds: number;
}

/** A policy plays one release to its end. */
export type PlayRelease = (traffic: Traffic) => Ending;

/** Counts while a release goes on. */
export interface Meter {
  add(sample: Sample, isCut?: boolean): void;
  end(outcome: Ending["outcome"]): Ending;
  readonly seconds: number;
}

export function startMeter(): Meter {
  let [seconds, requests, failures, cutSeconds] = [0, 0, 0, 0];
  return {
    get seconds() {
      return seconds;
    },
    add(sample, isCut = false) {
      seconds += sample.seconds;
      requests += sample.canary.requests;
      failures += sample.canary.failures;
      if (isCut) cutSeconds += sample.seconds;
    },
    end: (outcome) => ({ outcome, seconds, requests, failures, cutSeconds }),
  };
}

export interface Summary {
  readonly releases: number;
  /** Part that was rolled back. */
  readonly rolledBack: number;
  /** Of those that were: the median of failed and of all canary requests, and of the minutes. */
  readonly failures: number;
  readonly requests: number;
  readonly minutes: number;
  /** Median minutes of those that were promoted. */
  readonly promotedMinutes: number;
  /** Part with a cut share, and the mean seconds of it over all. */
  readonly cut: number;
  readonly cutSeconds: number;
}

/** NaN where there was none to take a median of. */
export function summaryOf(endings: readonly Ending[]): Summary {
  const rolled = endings.filter(({ outcome }) => outcome === "rolledBack");
  const promoted = endings.filter(({ outcome }) => outcome === "promoted");
  return {
    releases: endings.length,
    rolledBack: rolled.length / endings.length,
    failures: median(rolled.map(({ failures }) => failures)),
    requests: median(rolled.map(({ requests }) => requests)),
    minutes: median(rolled.map(({ seconds }) => seconds)) / 60,
    promotedMinutes: median(promoted.map(({ seconds }) => seconds)) / 60,
    cut: endings.filter(({ cutSeconds }) => cutSeconds > 0).length / endings.length,
    cutSeconds: endings.reduce((sum, { cutSeconds }) => sum + cutSeconds, 0) / endings.length,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
