/** Sums of counts, and a scrape's counts reduced to what the thresholds ask for. */
import type { Counts, LatencyCounts, Scrape } from "../domain/samples.ts";
import type { Bin, Counted, Limit, Slow, Tally } from "./state.ts";

export function binOf(scrape: Scrape, limits: readonly Limit[]): Bin {
  const { at } = scrape;
  return { from: at, to: at, canary: countedOf(scrape.canary, limits), stable: countedOf(scrape.stable, limits) };
}

export function mergeBins(older: Bin, newer: Bin): Bin {
  return {
    from: older.from,
    to: newer.to,
    canary: addCounted(older.canary, newer.canary),
    stable: addCounted(older.stable, newer.stable),
  };
}

export function addTally(a: Tally, b: Tally): Tally {
  return { requests: a.requests + b.requests, failures: a.failures + b.failures };
}

export function addCounted(a: Counted, b: Counted): Counted {
  const sum = addTally(a, b);
  if (a.slow === undefined || b.slow === undefined) return sum;
  return { ...sum, slow: a.slow.map((one, index) => addSlow(one, b.slow?.[index])) };
}

function addSlow([answers, low, high]: Slow, other: Slow = [0, 0, 0]): Slow {
  return [answers + other[0], low + other[1], high + other[2]];
}

function countedOf({ requests, failures, latency }: Counts, limits: readonly Limit[]): Counted {
  if (limits.length === 0) return { requests, failures };
  return { requests, failures, slow: limits.map(({ maxMs }) => slowOf(latency, maxMs)) };
}

/**
 * By this scrape's own bounds. Bounds may differ between scrapes: each count over a lower bound is at least the number
 * of slower answers and each over an upper bound at most, so the sums are too.
 */
function slowOf({ le, counts, total }: LatencyCounts, maxMs: number): Slow {
  const low = le.findLastIndex((bound) => bound <= maxMs);
  const high = le.findIndex((bound) => bound >= maxMs);
  return [total, total - (counts[low] ?? 0), total - (high < 0 ? total : (counts[high] ?? 0))];
}

/** The bounds around a limit in a scrape; undefined where it has no histogram. */
export function boundsAround({ le }: LatencyCounts, maxMs: number): Limit | undefined {
  if (le.length === 0) return undefined;
  return { maxMs, lowMs: le.findLast((bound) => bound <= maxMs) ?? 0, highMs: le.find((bound) => bound >= maxMs) ?? null };
}
