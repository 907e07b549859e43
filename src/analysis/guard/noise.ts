/**
 * The noise factor phi of a stream (step 2): failures come in clusters, so evidence is divided by how much more a block's
 * share of bad requests scatters than independent requests would. Measured around the canary's own running ratio: a constant
 * regression does not raise it, a burst does.
 */
import { type Counts, isComparable } from "./counts.ts";
import type { GuardParams } from "./params.ts";

/** Sum of squared residuals, and the number of blocks that they come from. */
export interface Noise {
  readonly s: number;
  readonly t: number;
}

export function startNoise({ noiseBlocks }: GuardParams): Noise {
  return { s: noiseBlocks, t: noiseBlocks };
}

/** phi of the finished blocks, at least 1. */
export function noiseFactor({ s, t }: Noise): number {
  return Math.max(1, s / t);
}

/** With a block that had the squared residual `residual`; null: it told nothing. */
export function withBlock(noise: Noise, residual: number | null): Noise {
  return residual === null ? noise : { s: noise.s + residual, t: noise.t + 1 };
}

/** Scrapes' times are summed: 3 times 5 s is the end of a block. */
const ROUNDING = 1e-9;

/** The running block's seconds after a scrape of `dt` seconds, and whether that ends it. */
export function blockAfter(seconds: number, dt: number, { blockSeconds }: GuardParams) {
  const sum = seconds + dt;
  const blockEnds = sum >= blockSeconds - ROUNDING;
  return { blockSeconds: blockEnds ? 0 : sum, blockEnds };
}

/** What evidence is divided by: gains by `now` (with the running block), losses by `past`, so that noise never helps. */
export interface Temper {
  readonly past: number;
  readonly now: number;
}

export function temperOf(noise: Noise, residual: number | null): Temper {
  const past = noiseFactor(noise);
  const running = withBlock(noise, residual);
  return { past, now: residual === null ? past : Math.max(past, running.s / running.t) };
}

export function divisorOf(logE: number, { past, now }: Temper): number {
  return logE > 0 ? now : past;
}

export function tempered(logE: number, temper: Temper): number {
  return logE / divisorOf(logE, temper);
}

/** From the running totals (the block included) and the block: its squared Pearson residual; null where it tells nothing. */
export type ResidualOf = (total: Counts, block: Counts) => number | null;

/** (xc - d q)^2 / (d q (1-q)) of the canary's part of a block's d bad requests, q by the canary's own running ratio. */
export const residual: ResidualOf = (total, block) => {
  const d = block.xc + block.xs;
  if (d <= 0 || !isComparable(block)) return null;
  const ratio = (total.xc + 0.5) / Math.max(total.nc, 1) / ((total.xs + 0.5) / Math.max(total.ns, 1));
  const q = (ratio * block.nc) / (ratio * block.nc + block.ns);
  const variance = d * q * (1 - q);
  return variance > 0 ? (block.xc - d * q) ** 2 / variance : null;
};
