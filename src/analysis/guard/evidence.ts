/**
 * Evidence for a rollback: a test supermartingale against "the canary is bad at most `ratio` times as often as stable, plus
 * `absolute`" (step 3). E[e] <= 1 under that hypothesis for every rate of stable's, so that one may look at every scrape.
 */
import { type Counts, isComparable } from "./counts.ts";

/** What is harmless, and stable's rate as known before the scrape. */
export interface Tolerance {
  readonly ratio: number;
  readonly absolute: number;
  /**
   * Any value is valid; a good one makes the test sharp where bad requests are frequent. 0: the form for rare ones,
   * ln e = a xc - b xs - nc d0 (e^a - 1) (background, 2.8).
   */
  readonly reference: number;
}

/**
 * ln e of one scrape for the alternative "`ratio` times what is harmless", in nats; 0 where one version had no requests.
 * With a = ln r - b, v = e^a - 1, R = nc rho v / (1 + rho p v), k = R / (ns + R p):
 * ln e = a xc + ln(1-k) xs - nc ln(1 + rho p v) - ns ln(1 - p k) - nc d0 v.
 */
export function rollbackLogE(counts: Counts, ratio: number, tolerance: Tolerance): number {
  if (!isComparable(counts)) return 0;
  const { nc, xc, ns, xs } = counts;
  const { ratio: rho, absolute, reference: p } = tolerance;
  const b = Math.log((ratio * rho * nc + ns) / (rho * nc + ns));
  const a = Math.log(ratio) - b;
  const v = Math.expm1(a);
  if (p <= 0) return a * xc - b * xs - nc * absolute * v;
  const r = (nc * rho * v) / (1 + rho * p * v);
  const k = r / (ns + r * p);
  return a * xc + Math.log1p(-k) * xs - nc * Math.log1p(rho * p * v) - ns * Math.log1p(-p * k) - nc * absolute * v;
}
