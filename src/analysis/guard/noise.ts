/**
 * The noise factor (phi): how much more than chance the canary's part of the bad requests varies from block to block. Evidence is
 * divided by it. It is measured around the canary's own running ratio, so a constant regression does not raise it and a burst does.
 */
import { type Counts, NO_COUNTS, plus } from "./counts.ts";

/** What is remembered of a stream's blocks. */
export interface Noise {
  /** Sum of the squared residuals. */
  readonly residuals: number;
  /** How many blocks they are of; both begin at some blocks of pure chance. */
  readonly blocks: number;
  /** Of the finished blocks. */
  readonly total: Counts;
  /** Of the running one. */
  readonly block: Counts;
}

export function startNoise(blocks: number): Noise {
  return { residuals: blocks, blocks, total: NO_COUNTS, block: NO_COUNTS };
}

/** The factor from finished blocks, at least 1. */
export function noiseFactor({ residuals, blocks }: Noise): number {
  return Math.max(1, residuals / blocks);
}

/** Squared Pearson residual of a block around the running ratio of both versions; undefined where it tells nothing. */
export function residual(total: Counts, block: Counts): number | undefined {
  const bad = block.xc + block.xs;
  if (bad <= 0 || block.nc <= 0 || block.ns <= 0) return undefined;
  const ratio = (total.xc + 0.5) / Math.max(total.nc, 1) / ((total.xs + 0.5) / Math.max(total.ns, 1));
  const part = (ratio * block.nc) / (ratio * block.nc + block.ns);
  const variance = bad * part * (1 - part);
  return variance > 0 ? (block.xc - bad * part) ** 2 / variance : undefined;
}

export interface NoiseStep {
  readonly noise: Noise;
  /** From finished blocks: divides losses. */
  readonly past: number;
  /** With the running block, at least `past`: divides gains. */
  readonly now: number;
}

/** `counts`: undefined leaves the scrape out. `ends`: the running block is over with it. */
export function stepNoise(before: Noise, counts: Counts | undefined, ends: boolean): NoiseStep {
  const past = noiseFactor(before);
  const block = counts === undefined ? before.block : plus(before.block, counts);
  const total = plus(before.total, block);
  const squared = residual(total, block);
  const { residuals, blocks } = before;
  const now = squared === undefined ? past : Math.max(past, (residuals + squared) / (blocks + 1));
  if (!ends) return { noise: { residuals, blocks, total: before.total, block }, past, now };
  const counted = squared === undefined ? { residuals, blocks } : { residuals: residuals + squared, blocks: blocks + 1 };
  return { noise: { ...counted, total, block: NO_COUNTS }, past, now };
}
