/**
 * What the thresholds remember of a release, kept in `status.analysis.state`: plain numbers, versioned, at most about
 * 3 kB. An unknown version is never guessed at.
 */
import { isMeasure } from "../domain/measure.ts";

/** An alias, not an interface: it must fit the loose object of the status schema. */
export type AnalysisState = {
  readonly version: 1;
  /** Milliseconds since the epoch: the time of the last counted scrape. Older ones are never counted again. */
  readonly at: number;
  /** Latency limits that are counted, with the histogram bounds around each. */
  readonly limits: readonly Limit[];
  /** Oldest first. */
  readonly bins: readonly Bin[];
  /** Of the whole release. */
  readonly totals: { readonly canary: Tally; readonly stable: Tally };
};

export interface Limit {
  readonly maxMs: number;
  /** The largest bound not above the limit; 0 where there is none. */
  readonly lowMs: number;
  /** The smallest bound not below the limit; null where there is none. */
  readonly highMs: number | null;
}

/** Scrapes of some seconds or minutes together. */
export interface Bin {
  /** Times of the first and the last scrape in it, milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly canary: Counted;
  readonly stable: Counted;
}

export interface Tally {
  readonly requests: number;
  readonly failures: number;
}

export interface Counted extends Tally {
  /** One for each limit, in its order; absent where no limit is set. */
  readonly slow?: readonly Slow[];
}

/** Answers that did not fail: how many, how many slower than the lower bound, how many slower than the upper one. */
export type Slow = readonly [answers: number, overLow: number, overHigh: number];

/** The stored state; undefined where nothing is stored or what is stored is not of this version and shape. */
export function stateOf(stored: unknown): AnalysisState | undefined {
  const state = stored as AnalysisState | undefined | null;
  if (state?.version !== 1) return undefined;
  const known = wholeness.get(state);
  if (known !== undefined) return known ? state : undefined;
  const whole = isWhole(state);
  wholeness.set(state, whole);
  return whole ? state : undefined;
}

/** What was stored is never changed, and every look asks about the same one. */
const wholeness = new WeakMap<AnalysisState, boolean>();

function isWhole({ at, limits, bins, totals }: AnalysisState): boolean {
  const shaped = Array.isArray(limits) && limits.every(isLimit) && Array.isArray(bins) && bins.every((bin) => isBin(bin, limits.length));
  return shaped && isMeasure(at) && isTally(totals?.canary) && isTally(totals?.stable);
}

/** Something is stored that this version of Serin cannot read (written by a later one, or damaged): hold, raise nothing. */
export function isForeignState(stored: unknown): boolean {
  return stored !== undefined && stored !== null && stateOf(stored) === undefined;
}

function isBin(bin: Bin | undefined, limits: number): boolean {
  if (bin === null || bin === undefined || !isMeasure(bin.from) || !isMeasure(bin.to)) return false;
  return [bin.canary, bin.stable].every((counted) => isTally(counted) && isSlow(counted.slow, limits));
}

function isSlow(slow: readonly Slow[] | undefined, limits: number): boolean {
  if (limits === 0) return true;
  return (
    Array.isArray(slow) && slow.length === limits && slow.every((one) => Array.isArray(one) && one.length === 3 && one.every(isMeasure))
  );
}

function isLimit(limit: Limit | undefined): boolean {
  return isMeasure(limit?.maxMs) && isMeasure(limit?.lowMs) && (limit?.highMs === null || isMeasure(limit?.highMs));
}

function isTally(tally: Tally | undefined): boolean {
  return isMeasure(tally?.requests) && isMeasure(tally?.failures);
}
