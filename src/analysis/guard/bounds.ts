/** Bounds of the latency histogram: which are judged, and what "ten percent slower" means at each. */

const LEAST_SURVIVAL = 0.002;
const MOST_SURVIVAL = 0.5;
const MOST_BOUNDS = 6;

/** By how much the part slower than bound `b` grows when all latencies grow by `tolerance`: from the slope of stable's survival between `a` < `b`. */
export function tailRatio(b: number, a: number, survivalB: number, survivalA: number, tolerance: number): number {
  const slope = -(Math.log(clipped(survivalB)) - Math.log(clipped(survivalA))) / (Math.log(b) - Math.log(a));
  return Math.max(1.05, (1 + tolerance) ** slope);
}

function clipped(survival: number): number {
  return Math.min(1, Math.max(1e-6, survival));
}

/**
 * The bounds to judge by, ascending; the first is only the neighbour of the second. Those where between 0.2 % and half of stable's
 * answers are slower tell most; of more than six the evenly spaced ones stay. Empty where no bound does.
 *
 * `bounds` ascending and above 0, in milliseconds; `survival`: the part of stable's answers slower than each.
 */
export function chooseBounds(bounds: readonly number[], survival: readonly number[]): readonly number[] {
  const telling = bounds.map((_, index) => index).filter((index) => index > 0 && isTelling(survival[index] ?? 0));
  const chosen = telling.length <= MOST_BOUNDS ? telling : spread(telling, MOST_BOUNDS);
  const [first] = chosen;
  return first === undefined ? [] : [first - 1, ...chosen].map((index) => bounds[index] ?? Number.NaN);
}

function isTelling(survival: number): boolean {
  return survival >= LEAST_SURVIVAL && survival <= MOST_SURVIVAL;
}

function spread(list: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))] ?? Number.NaN);
}
