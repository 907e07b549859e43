/**
 * The reserve for regressions that begin late (step 4): a long good start would leave little wealth to grow from. Wealth and
 * reserve together stay an e-process, since what is moved is known before the scrape (background, 2.9).
 */
import { boundedExp, logMeanExp, logSumExp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";

export interface Wealth {
  /** ln wealth for each ratio. */
  readonly lw: readonly number[];
  readonly reserve: number;
}

/** E of one stream. */
export function eOf({ lw, reserve }: Wealth): number {
  return boundedExp(logMeanExp(lw)) + reserve;
}

/** Moves part of the reserve, for `dt` seconds, where the wealth has fallen below it. */
export function toppedUp({ lw, reserve }: Wealth, dt: number, { topUp, blockSeconds }: GuardParams): Wealth {
  if (boundedExp(logMeanExp(lw)) >= reserve) return { lw, reserve };
  const moved = (1 - (1 - topUp) ** (dt / blockSeconds)) * reserve;
  return { lw: lw.map((one) => logSumExp([one, Math.log(moved)])), reserve: reserve - moved };
}
