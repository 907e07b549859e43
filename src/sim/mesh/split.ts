/**
 * Which backend gets a request: drawn at random, by weight, among those that are available now, for each request anew.
 *
 * A lone backend ignores its weight, even 0. A backend of weight 0 is never a fall-back for the others.
 */
import type { PolicyRule, WeightedBackend } from "./policy.ts";

/** undefined: nobody is available. */
export function pickBackend(
  { backends }: PolicyRule,
  isAvailable: (entry: WeightedBackend) => boolean,
  random: () => number,
): WeightedBackend | undefined {
  const [lone, ...others] = backends;
  if (lone !== undefined && others.length === 0) return isAvailable(lone) ? lone : undefined;
  const candidates = backends.filter((entry) => entry.weight > 0 && isAvailable(entry));
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let point = random() * total;
  return candidates.find(({ weight }) => {
    point -= weight;
    return point < 0;
  });
}

/** Linkerd's proxies cannot build such a rule: `InsufficientNonZero`. */
export function isImpossible({ backends }: PolicyRule): boolean {
  return backends.length > 1 && backends.every(({ weight }) => weight === 0);
}
