/** How long things take from here, for people. Seconds. */
import { advanceCap, advanceLogE, type Margin } from "./advance.ts";
import { alphaShares, creditsOf, type Layout, streamNames } from "./combine.ts";
import { boundedExp, LN2, leastWith, logMeanExp, logSumExp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";
import type { StreamState } from "./stream.ts";

const DAY_SECONDS = 86_400;

/**
 * No rollback comes before this, however bad the canary is: E if from now on all credit that is kept and granted were taken.
 * 0: the next scrape may bring it. null: not within a day.
 */
export function earliestRollback(streams: readonly StreamState[], params: GuardParams, layout: Layout): number | null {
  const names = streamNames(layout);
  const shares = alphaShares(params, names);
  const credits = creditsOf(params, names, false);
  const largestE = (seconds: number) =>
    streams.reduce((sum, stream, index) => sum + shares[index]! * largestEOf(stream, credits[index]!.rate * seconds), 0);
  return leastWith((seconds) => largestE(seconds) >= 1 / params.alpha, DAY_SECONDS);
}

/** Where the wealth is below the reserve, that may be moved first. */
function largestEOf({ lw, credit, reserve }: StreamState, granted: number): number {
  const moves = boundedExp(logMeanExp(lw)) < reserve;
  const most = lw.map((one, i) => (moves ? logSumExp([one, Math.log(reserve)]) : one) + credit[i]! + granted);
  return boundedExp(logMeanExp(most)) + reserve;
}

/** Without new evidence the odds are back at the brake's, and the share is full, after about this; 0 where it is not cut. */
export function fullShareIn(doubt: number, cuts: number, { brakeOdds, fadeSeconds }: GuardParams): number {
  return cuts === 0 ? 0 : ((doubt - Math.log(brakeOdds)) / LN2) * fadeSeconds;
}

/** Requests per second of canary and stable, and the rate of bad ones of a canary that is as good as stable. */
export interface Traffic {
  readonly canary: number;
  readonly stable: number;
  readonly bad: number;
}

/** Until a stream has passed, if the canary is as good as stable and the traffic stays as it is; null: not within a day. */
export function passesIn(stream: StreamState, phi: number, traffic: Traffic, against: Margin, params: GuardParams): number | null {
  const { canary, stable, bad } = traffic;
  const perSecond = { nc: canary, xc: canary * bad, ns: stable, xs: stable * bad };
  const cap = advanceCap(params) / params.blockSeconds;
  const growth = params.gains.map((gain) => Math.min(cap, advanceLogE(perSecond, gain, against) / phi));
  const enough = Math.log(params.gains.length / params.beta);
  return leastWith((seconds) => logSumExp(stream.adv.map((one, i) => one + growth[i]! * seconds)) >= enough, DAY_SECONDS);
}
