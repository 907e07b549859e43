/**
 * Delays that double, with jitter. Every delay lies between half and all of the doubled one, so that clients that failed
 * together don't come back together.
 */
export interface Backoff {
  /** The delay before the next attempt, in milliseconds. */
  next(): number;
  reset(): void;
}

/** The delay after `failures` failures: `firstMs` to `2 * firstMs` at first, doubled each time, never above `maxMs`. */
export function backoffMs(failures: number, firstMs: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, 2 * firstMs * 2 ** Math.min(failures, 40));
  return ceiling / 2 + (ceiling / 2) * random();
}

export function createBackoff(firstMs: number, maxMs: number, random: () => number): Backoff {
  let failures = 0;
  return {
    next() {
      const delay = backoffMs(failures, firstMs, maxMs, random);
      failures += 1;
      return delay;
    },
    reset() {
      failures = 0;
    },
  };
}
