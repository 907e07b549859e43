/**
 * Evidence of one scrape, in nats (natural logarithms of likelihood ratios).
 *
 * Both are e-values: under what they speak against, their expectation is at most 1, for any rate of stable's and whatever part of
 * the traffic the canary has. So their product over a release bounds the probability of a false decision, however often one looks
 * (Ville's inequality).
 */
import type { Counts } from "./counts.ts";
import type { Tolerance } from "./params.ts";

/** ln(sum(exp(x))), without overflow; -Infinity of nothing. */
export function logSumExp(values: readonly number[]): number {
  const most = Math.max(...values);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}

/**
 * ln e against "the canary's rate is at most tolerance.ratio x stable's + tolerance.points", for the alternative "`ratio` times that".
 *
 * `reference`: stable's rate as known before this scrape. Any value is valid (ln E[e] is concave in stable's rate with its
 * maximum 0 there); a good one makes the test sharp for frequent events, 0 gives a xc - b xs of rare ones.
 */
export function rollbackEvidence({ nc, xc, ns, xs }: Counts, ratio: number, tolerance: Tolerance, reference = 0): number {
  if (nc <= 0 || ns <= 0) return 0;
  const { ratio: rho, points } = tolerance;
  const b = Math.log((ratio * rho * nc + ns) / (rho * nc + ns));
  const a = Math.log(ratio) - b;
  const v = Math.expm1(a);
  if (reference <= 0) return a * xc - b * xs - nc * points * v;
  const r = (nc * rho * v) / (1 + rho * reference * v);
  const k = r / (ns + r * reference);
  const expected = nc * Math.log1p(rho * reference * v);
  return a * xc + Math.log1p(-k) * xs - expected - ns * Math.log1p(-reference * k) - nc * points * v;
}

/** ln e against "the canary's rate is at least ratio x stable's + margin", with the stake `gain`. */
export function advanceEvidence({ nc, xc, ns, xs }: Counts, gain: number, ratio: number, margin: number): number {
  if (nc <= 0 || ns <= 0) return 0;
  const k = -Math.expm1(-gain);
  return -gain * xc + xs * Math.log1p(ratio * (nc / ns) * k) + nc * margin * k;
}

/**
 * ln e against "the canary's rate is at most `limit`", for the alternative "`ratio` times that": where there is no stable traffic
 * to compare with. An incident that everybody has counts against the canary here.
 */
export function absoluteEvidence({ nc, xc }: Pick<Counts, "nc" | "xc">, ratio: number, limit: number): number {
  return nc <= 0 ? 0 : xc * Math.log(ratio) - nc * limit * (ratio - 1);
}
