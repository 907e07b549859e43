/**
 * The memory of the thresholds: counts of both versions by time, fine for the last minute and coarser before it, small
 * enough for status.
 *
 *     age       .. 10 min | .. 1 min | now
 *     one bin   10 min    | 1 min    | 10 s
 *
 * Each scrape counts once, by the time of its samples: folding what was folded before (after a restart, a failover)
 * changes nothing. A bin never spans the beginning of a step, so that a window within a step is exact at that end.
 */
import type { Scrape } from "../domain/samples.ts";
import { addCounted, addTally, binOf, boundsAround, mergeBins } from "./counted.ts";
import type { AnalysisState, Bin, Counted, Limit } from "./state.ts";

export interface FoldOptions {
  /** The policy's limits (`latency[].maxMs`); counts of any other bound are not kept. */
  readonly limitsMs: readonly number[];
  /** Milliseconds since the epoch: the beginning of the step that is judged. */
  readonly since?: number | undefined;
}

const MAX_JSON = 2_600;
const MIN_BINS = 8;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export function fold(state: AnalysisState | undefined, scrapes: readonly Scrape[], options: FoldOptions): AnalysisState {
  const started = withLimits(state ?? emptyState(), options.limitsMs);
  return scrapes.reduce((folded, scrape) => (scrape.at > folded.at ? counted(folded, scrape, options.since) : folded), started);
}

/** Until a state is stored, every look folds the same scrapes into the last one, and one more. */
function counted(state: AnalysisState, scrape: Scrape, since: number | undefined): AnalysisState {
  const known = followers.get(state);
  if (known?.scrape === scrape && known.since === since) return known.next;
  const next = count(state, scrape, since);
  followers.set(state, { scrape, since, next });
  return next;
}

interface Follower {
  readonly scrape: Scrape;
  readonly since: number | undefined;
  readonly next: AnalysisState;
}

const followers = new WeakMap<AnalysisState, Follower>();

export interface WindowOptions {
  /** The window's length, in milliseconds before `now`. */
  readonly ms: number;
  /** While the window holds fewer, it reaches further back. */
  readonly minRequests: number;
  /** Milliseconds since the epoch: it never reaches before this. */
  readonly since: number;
  /** What `minRequests` counts: by default the canary's requests. */
  readonly countOf?: (canary: Counted) => number;
}

export interface WindowCounts {
  readonly canary: Counted;
  readonly stable: Counted;
}

/** Counts of the scrapes after `since` that lie in the last `ms`, or further back while they are too few. */
export function window(state: AnalysisState | undefined, now: number, options: WindowOptions): WindowCounts {
  const { ms, minRequests, since, countOf = ({ requests }) => requests } = options;
  const limits = state?.limits.length ?? 0;
  let sum: WindowCounts = { canary: nothing(limits), stable: nothing(limits) };
  for (const bin of (state?.bins ?? []).toReversed()) {
    const enough = bin.to <= now - ms && countOf(sum.canary) >= minRequests;
    if (bin.from <= since || enough) break;
    sum = { canary: addCounted(sum.canary, bin.canary), stable: addCounted(sum.stable, bin.stable) };
  }
  return sum;
}

function emptyState(): AnalysisState {
  const none = { requests: 0, failures: 0 };
  return { version: 1, at: 0, limits: [], bins: [], totals: { canary: none, stable: none } };
}

function nothing(limits: number): Counted {
  return limits === 0 ? { requests: 0, failures: 0 } : { requests: 0, failures: 0, slow: Array(limits).fill([0, 0, 0]) };
}

function count(state: AnalysisState, scrape: Scrape, since: number | undefined): AnalysisState {
  const { at } = scrape;
  const bins = compact([...state.bins, binOf(scrape, state.limits)], at, since);
  return {
    version: 1,
    at,
    limits: state.limits.map((limit) => widened(limit, scrape)),
    bins,
    totals: {
      canary: addTally(state.totals.canary, tallyOf(scrape.canary)),
      stable: addTally(state.totals.stable, tallyOf(scrape.stable)),
    },
  };
}

function tallyOf({ requests, failures }: Scrape["canary"]) {
  return { requests, failures };
}

/** Merges neighbours that fall into one cell of the grid of their age; what is still too long is merged from its old end. */
function compact(bins: readonly Bin[], now: number, since: number | undefined): readonly Bin[] {
  const merged: Bin[] = [];
  for (const bin of bins) {
    const last = merged.at(-1);
    if (last !== undefined && isSameCell(last, bin, now, since)) merged[merged.length - 1] = mergeBins(last, bin);
    else merged.push(bin);
  }
  while (merged.length > MIN_BINS && jsonLength(merged) > MAX_JSON) mergeOldest(merged, since);
  return merged;
}

function jsonLength(bins: readonly Bin[]): number {
  return bins.reduce((sum, bin) => sum + lengthOf(bin) + 1, 1);
}

/** Of one bin's JSON. Bins never change, and each is asked about again with every scrape. */
function lengthOf(bin: Bin): number {
  const known = lengths.get(bin);
  if (known !== undefined) return known;
  const { length } = JSON.stringify(bin);
  lengths.set(bin, length);
  return length;
}

const lengths = new WeakMap<Bin, number>();

function isSameCell(a: Bin, b: Bin, now: number, since: number | undefined): boolean {
  const width = widthAt(now - a.to);
  return (
    width === widthAt(now - b.to) &&
    Math.floor(a.from / width) === Math.floor(b.from / width) &&
    isBefore(a.from, since) === isBefore(b.from, since)
  );
}

function widthAt(age: number): number {
  return age < MINUTE ? 10 * SECOND : age < 10 * MINUTE ? MINUTE : 10 * MINUTE;
}

/** Whether a scrape's time is outside the step that began at `since`. */
function isBefore(at: number, since: number | undefined): boolean {
  return since !== undefined && at <= since;
}

function mergeOldest(bins: Bin[], since: number | undefined): void {
  const index = bins.findIndex((bin, i) => i + 1 < bins.length && isBefore(bin.from, since) === isBefore(bins[i + 1]!.from, since));
  const [older, newer] = bins.slice(index, index + 2);
  if (older !== undefined && newer !== undefined) bins.splice(index, 2, mergeBins(older, newer));
}

/** Limits as the policy has them now: what was counted for one that is still there is kept, a new one starts at 0. */
function withLimits(state: AnalysisState, limitsMs: readonly number[]): AnalysisState {
  const places = limitsMs.map((maxMs) => state.limits.findIndex((limit) => limit.maxMs === maxMs));
  if (places.length === state.limits.length && places.every((place, index) => place === index)) return state;
  const limits = limitsMs.map((maxMs, index) => state.limits[places[index] ?? -1] ?? { maxMs, lowMs: 0, highMs: null });
  const bins = state.bins.map((bin) => ({ ...bin, canary: replaced(bin.canary, places), stable: replaced(bin.stable, places) }));
  return { ...state, limits, bins };
}

function replaced({ requests, failures, slow }: Counted, places: readonly number[]): Counted {
  if (places.length === 0) return { requests, failures };
  return { requests, failures, slow: places.map((place) => slow?.[place] ?? [0, 0, 0]) };
}

/** The bounds for people: where scrapes or versions had different ones, the widest. */
function widened(limit: Limit, scrape: Scrape): Limit {
  const seen = [scrape.canary, scrape.stable].flatMap(({ latency }) => boundsAround(latency, limit.maxMs) ?? []);
  const known = limit.lowMs === 0 && limit.highMs === null ? [] : [limit];
  const all = [...known, ...seen];
  if (all.length === 0) return limit;
  const highs = all.map(({ highMs }) => highMs ?? Number.POSITIVE_INFINITY);
  const highest = Math.max(...highs);
  return {
    maxMs: limit.maxMs,
    lowMs: Math.min(...all.map(({ lowMs }) => lowMs)),
    highMs: highest === Number.POSITIVE_INFINITY ? null : highest,
  };
}
