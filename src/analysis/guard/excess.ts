/** The largest excess that is not excluded: what a promotion under thin traffic must say. */
import { leastWith, logSumExp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";
import type { StreamState } from "./stream.ts";

/**
 * The smallest D, in points of all requests, with lse_g(A_g + D B_g) >= ln(G / beta): more than it over `ratio` times stable's
 * rate is excluded by this step's ADVANCE evidence. B_g is the sum of nc (1 - e^-g) / phi, A_g the evidence at the margin 0,
 * both over the step. `margin` is the stream's own in this step. null: nothing is excluded.
 */
export function largestExcess({ adv, slope }: StreamState, margin: number, { gains, beta }: GuardParams): number | null {
  const enough = Math.log(gains.length / beta);
  return leastWith((d) => logSumExp(adv.map((one, i) => one + (d - margin) * slope[i]!)) >= enough, 1);
}
