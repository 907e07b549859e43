/** Arithmetic in logarithms. The order of the operations is part of the contract: results agree with the reference to 1e-9. */

export const LN2 = Math.log(2);

/** ln of the sum of e^x, without overflow; of at least one number. */
export function logSumExp(xs: readonly number[]): number {
  const most = Math.max(...xs);
  if (most === Number.NEGATIVE_INFINITY) return most;
  return most + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - most), 0));
}

/** ln of the mean of e^x. */
export function logMeanExp(xs: readonly number[]): number {
  return logSumExp(xs) - Math.log(xs.length);
}

export function clamp(x: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, x));
}

/** e^x, bounded where it would overflow. */
export function boundedExp(x: number): number {
  return Math.exp(Math.min(700, x));
}

const HALVINGS = 60;

/** The smallest x in [0, most] from which on `holds` is true, by bisection; null where it is not true at `most`. */
export function leastWith(holds: (x: number) => boolean, most: number): number | null {
  if (!holds(most)) return null;
  if (holds(0)) return 0;
  let [low, high] = [0, most];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
