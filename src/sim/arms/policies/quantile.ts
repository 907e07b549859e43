/** Prometheus' histogram_quantile over a histogram of requests slower than each bound; NaN of an empty one. */
import { BOUNDS } from "../traffic.ts";

export function histogramQuantile(requests: number, over: readonly number[], quantile: number): number {
  if (requests === 0) return Number.NaN;
  const rank = quantile * requests;
  const cumulative = over.map((slow) => requests - slow);
  const bucket = cumulative.findIndex((count) => count >= rank);
  if (bucket < 0) return BOUNDS.at(-1) ?? Number.NaN;
  const [low, high] = [BOUNDS[bucket - 1] ?? 0, BOUNDS[bucket] ?? 0];
  const before = cumulative[bucket - 1] ?? 0;
  const inside = Math.max((cumulative[bucket] ?? 0) - before, 1e-12);
  return low + ((high - low) * (rank - before)) / inside;
}
