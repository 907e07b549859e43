/** What the guard must remember of a release: plain numbers, about 3 kB for five streams, exact over a restart. */
import type { GuardParams } from "./params.ts";
import { type StreamState, startStream } from "./stream.ts";

export const GUARD_VERSION = 1;

/** Stable before the release, or as it is known by now. */
export interface Baseline {
  readonly requests: number;
  readonly failures: number;
  /** Requests per second of all versions; null where nobody knows. */
  readonly rate: number | null;
  /** Answers that did not fail, and how many of them were slower than each bound. */
  readonly answers: number;
  readonly over: readonly number[];
}

export const NO_BASELINE: Baseline = { requests: 0, failures: 0, rate: null, answers: 0, over: [] };

export interface GuardState {
  readonly version: typeof GUARD_VERSION;
  /** From 0. */
  readonly step: number;
  /** At the full share. */
  readonly stepSeconds: number;
  readonly seconds: number;
  readonly scrapes: number;
  /** Of both versions. */
  readonly requests: number;
  /** Of the step; null before its first scrape. */
  readonly margin: number | null;
  /** How often the share is halved now. */
  readonly cuts: number;
  /** E, and the most that it was. */
  readonly e: number;
  readonly mostE: number;
  readonly blockSeconds: number;
  readonly baseline: Baseline;
  readonly ended: boolean;
  /** Failures, client errors where they are judged, each bound but the first. */
  readonly streams: readonly StreamState[];
}

/** What is fixed for a release. */
export interface GuardPlan {
  /** The share of each step, a fraction. */
  readonly weights: readonly number[];
  /** Ascending, in milliseconds; the first is only the neighbour of the second. Empty: latency is not judged. */
  readonly bounds: readonly number[];
  readonly clientErrors: boolean;
  readonly params: GuardParams;
}

export function startGuard({ bounds, clientErrors, params }: GuardPlan, baseline: Baseline = NO_BASELINE): GuardState {
  const { failureRatios, latencyRatios } = params;
  const ratios = [failureRatios, ...(clientErrors ? [failureRatios] : []), ...bounds.slice(1).map(() => latencyRatios)];
  return {
    version: GUARD_VERSION,
    ...{ step: 0, stepSeconds: 0, seconds: 0, scrapes: 0, requests: 0, margin: null, cuts: 0, e: 1, mostE: 1, blockSeconds: 0 },
    baseline: baseline.over.length === 0 ? { ...baseline, over: bounds.map(() => 0) } : baseline,
    ended: false,
    streams: ratios.map((of) => startStream(of, params)),
  };
}
