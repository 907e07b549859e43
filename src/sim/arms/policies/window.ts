/** Sums over the last scrapes, as `rate(...[1m])` sees them. */
import type { Arm, Sample } from "../traffic.ts";

export const NOTHING: Arm = { requests: 0, failures: 0, over: [] };

export function sumOf(arms: readonly Arm[]): Arm {
  return arms.reduce(plus, NOTHING);
}

function plus(a: Arm, b: Arm): Arm {
  const over = b.over.map((count, index) => count + (a.over[index] ?? 0));
  return { requests: a.requests + b.requests, failures: a.failures + b.failures, over };
}

export function canaryOf(samples: readonly Sample[]): Arm {
  return sumOf(samples.map(({ canary }) => canary));
}

export function stableOf(samples: readonly Sample[]): Arm {
  return sumOf(samples.map(({ stable }) => stable));
}
