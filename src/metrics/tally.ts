/** Sums of increments: of one version's pods, or of the clients' view of one backend, in one moment. */
import type { LatencyCounts } from "../domain/samples.ts";
import type { Meaning, Side } from "./meaning.ts";

/** What a pod's reading added. */
export interface Increment {
  readonly meaning: Meaning;
  readonly by: number;
}

export interface ServerTally {
  readonly requests: number;
  readonly failures: number;
  readonly clientErrors: number;
  readonly meshed: number;
  readonly meshedFailures: number;
}

export function serverTally(increments: readonly Increment[]): ServerTally {
  const sum = { requests: 0, failures: 0, clientErrors: 0, meshed: 0, meshedFailures: 0 };
  for (const { meaning, by } of increments) {
    if (meaning.kind !== "requests") continue;
    sum.requests += by;
    if (meaning.failed) sum.failures += by;
    if (meaning.refused) sum.clientErrors += by;
    if (meaning.meshed) sum.meshed += by;
    if (meaning.failed && meaning.meshed) sum.meshedFailures += by;
  }
  return sum;
}

export function clientFailures(increments: readonly Increment[], side: Side): number {
  return increments.reduce(
    (sum, { meaning, by }) => (meaning.kind === "backend" && meaning.side === side && meaning.counts === "failures" ? sum + by : sum),
    0,
  );
}

export type LatencyTally =
  | { readonly ok: true; readonly latency: LatencyCounts }
  | { readonly ok: false; readonly why: "no +Inf" | "not cumulative" };

export const NO_LATENCY: LatencyCounts = { le: [], counts: [], total: 0 };

/** One pod's histogram. A pod without one (no request yet) has no bounds. */
export function latencyTally(increments: readonly Increment[]): LatencyTally {
  const byBound = new Map<number, number>();
  for (const { meaning, by } of increments) {
    if (meaning.kind === "latency") byBound.set(meaning.leMs, (byBound.get(meaning.leMs) ?? 0) + by);
  }
  if (byBound.size === 0) return { ok: true, latency: NO_LATENCY };
  const total = byBound.get(Number.POSITIVE_INFINITY);
  if (total === undefined) return { ok: false, why: "no +Inf" };
  byBound.delete(Number.POSITIVE_INFINITY);
  const le = [...byBound.keys()].sort((a, b) => a - b);
  const counts = le.map((bound) => byBound.get(bound) ?? 0);
  const rises = [...counts, total].every((count, index, all) => index === 0 || count >= (all[index - 1] ?? 0));
  return rises && le.every(Number.isFinite) ? { ok: true, latency: { le, counts, total } } : { ok: false, why: "not cumulative" };
}

/** Undefined where the bounds differ. */
export function addLatency(a: LatencyCounts, b: LatencyCounts): LatencyCounts | undefined {
  if (a.le.length === 0) return b;
  if (b.le.length === 0) return a;
  if (!haveSameBounds(a, b)) return undefined;
  return { le: a.le, counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)), total: a.total + b.total };
}

export function haveSameBounds(a: LatencyCounts, b: LatencyCounts): boolean {
  return a.le.length === b.le.length && a.le.every((bound, index) => bound === b.le[index]);
}
