/**
 * Doubt (step 6): the same evidence as E's without the speed limit, fading. It sets the share of traffic and nothing else, so
 * it may be quick and wrong: it is no part of E.
 */

import type { Temper } from "./noise.ts";
import { clamp, LN2 } from "./numbers.ts";
import type { GuardParams } from "./params.ts";

/** One ratio's doubt in nats after a scrape of `dt` seconds; `logE` is tempered, `top` from `topDoubt`. */
export function doubtAfter(doubt: number, logE: number, { now }: Temper, dt: number, top: number, params: GuardParams): number {
  const { brakeNoise, fadeSeconds } = params;
  const gain = logE > 0 ? (logE * now) / (1 + brakeNoise * (now - 1)) : logE;
  return clamp(doubt + gain - (LN2 * dt) / fadeSeconds, 0, top);
}

/** Nats at which doubt stands still: the share is at its floor there. */
export function topDoubt({ brakeOdds, minWeight }: GuardParams, weight: number): number {
  return Math.log(brakeOdds) + Math.log(weight / minWeight) + LN2;
}
