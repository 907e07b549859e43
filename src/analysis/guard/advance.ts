/** ADVANCE: evidence that the canary is not worse than the margin (step 7). It begins afresh with every step. */
import { type Counts, isComparable } from "./counts.ts";
import { clamp, logMeanExp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";

/** The hypothesis that must be refuted: the canary is bad at least `ratio` times as often as stable, plus `margin`. */
export interface Margin {
  readonly ratio: number;
  /** In points of all requests: the D of the stream. */
  readonly margin: number;
}

/** ln e of one scrape for the bet `gain`, in nats: -g xc + xs ln(1 + rhoA (nc/ns) k) + nc D k, k = 1 - e^-g (background, 2.8). */
export function advanceLogE(counts: Counts, gain: number, { ratio, margin }: Margin): number {
  if (!isComparable(counts)) return 0;
  const { nc, xc, ns, xs } = counts;
  const k = -Math.expm1(-gain);
  return -gain * xc + xs * Math.log1p(ratio * (nc / ns) * k) + nc * margin * k;
}

/** A bet of ADVANCE on one scrape: ln e, and by how much it grows with each point of margin. */
export interface Bet {
  readonly logE: number;
  readonly slope: number;
}

export function betOf(counts: Counts, gain: number, against: Margin): Bet {
  return { logE: advanceLogE(counts, gain, against), slope: isComparable(counts) ? counts.nc * -Math.expm1(-gain) : 0 };
}

/** Nats that a gain may earn in one block, and that it may save up: a step needs evidence from more than one block. */
export function advanceCap({ gains, beta, advanceBlocks }: GuardParams): number {
  return Math.log(gains.length / beta) / advanceBlocks;
}

/** Nats that are still missing until the stream lets the step end; 0 when it has passed. */
export function advanceMissing(adv: readonly number[], { beta }: GuardParams): number {
  return Math.max(0, Math.log(1 / beta) - logMeanExp(adv));
}

const ROUNDING = 1e-9;

export function hasPassed(adv: readonly number[], { beta }: GuardParams): boolean {
  return logMeanExp(adv) >= Math.log(1 / beta) - ROUNDING;
}

/**
 * The margin D of a step for failures: what the next step may cost (B failed requests in its first minute at `rate` requests
 * per second) must have been excluded before it begins. `nextWeight` is undefined at the last step.
 */
export function marginOf(params: GuardParams, rate: number | null, nextWeight: number | undefined): number {
  const { marginMin, marginMax, riskBudget, detectSeconds } = params;
  if (nextWeight === undefined || !rate) return marginMin;
  return clamp(riskBudget / (rate * nextWeight * detectSeconds), marginMin, marginMax);
}
