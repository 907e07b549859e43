/**
 * The comparison with a written limit where no stable version has traffic: at 100 %, and at a first deployment. The same
 * evidence credit, noise factor and reserve; but an incident that has nothing to do with the release counts against it.
 */
import { isMeasure } from "../../domain/measure.ts";
import { advanceMissing, type Bet, hasPassed } from "./advance.ts";
import { alphaShares, combinedE, creditsOf, ratiosOf, type StreamName } from "./combine.ts";
import { type Counts, faultOf } from "./counts.ts";
import { topDoubt } from "./doubt.ts";
import { blockAfter, type ResidualOf } from "./noise.ts";
import type { GuardParams } from "./params.ts";
import { isTime, type Refusal } from "./scrape.ts";
import { isStream } from "./state.ts";
import { observeStream, type StreamState, startStream } from "./stream.ts";

export interface AbsoluteLimit {
  readonly stream: StreamName;
  /** The largest rate of bad requests that is accepted, in (0, 1). */
  readonly rate: number;
}

/** Plain numbers, versioned. An alias, not an interface: it must fit the loose object of the status schema. */
export type AbsoluteState = {
  readonly version: 1;
  readonly scrapes: number;
  readonly blockSeconds: number;
  readonly e: number;
  readonly maxE: number;
  /** In the order of the limits. */
  readonly streams: readonly StreamState[];
};

export interface AbsoluteScrape {
  /** More than 0. */
  readonly seconds: number;
  /** For each limit: requests, and the bad ones of them. */
  readonly counts: readonly { readonly n: number; readonly x: number }[];
}

export interface AbsoluteOutcome {
  readonly e: number;
  readonly verdict: "Running" | "Rollback";
  /** Every limit is kept, but for `beta`. */
  readonly passed: boolean;
  /** Nats for each limit. */
  readonly advanceMissing: readonly number[];
  /** What of this scrape was not counted: its streams stand still. */
  readonly refusals: readonly Refusal[];
}

export function startAbsolute(params: GuardParams, limits: readonly AbsoluteLimit[]): AbsoluteState {
  const streams = limits.map(({ stream }) => startStream(ratiosOf(stream, params), params));
  return { version: 1, scrapes: 0, blockSeconds: 0, e: 1, maxE: 1, streams };
}

/** The stored state; undefined where it is none of this version and shape, or of other limits. */
export function absoluteStateOf(stored: unknown, params: GuardParams, limits: readonly AbsoluteLimit[]): AbsoluteState | undefined {
  const state = stored as AbsoluteState | undefined | null;
  if (state?.version !== 1 || !Array.isArray(state.streams) || state.streams.length !== limits.length) return undefined;
  const { scrapes, blockSeconds, e, maxE, streams } = state;
  const whole =
    [scrapes, blockSeconds, e, maxE].every(isMeasure) &&
    streams.every((one, index) => isStream(one, ratiosOf(limits[index]!.stream, params).length, params.gains.length));
  return whole ? state : undefined;
}

/** ln e against "at most the part `limit` is bad": x ln r - n P (r - 1) (background, 2.8, ABSOLUTE). */
export function absoluteLogE({ nc, xc }: Counts, ratio: number, limit: number): number {
  return xc * Math.log(ratio) - nc * limit * (ratio - 1);
}

/** ADVANCE against "at least the part `limit` is bad": ln e = -g x + n P k, k = 1 - e^-g (background, 2.8, ABSOLUTE). */
export function absoluteBet({ nc, xc }: Counts, gain: number, limit: number): Bet {
  const k = -Math.expm1(-gain);
  return { logE: -gain * xc + nc * limit * k, slope: nc * k };
}

/** (x - n q)^2 / (n q (1-q)) around the canary's own running rate q; nothing until the first bad request. */
export const residualAlone: ResidualOf = (total, block) => {
  if (block.nc <= 0 || total.xc <= 0) return null;
  const q = (total.xc + 0.5) / (total.nc + 1);
  return (block.xc - block.nc * q) ** 2 / (block.nc * q * (1 - q));
};

export type AbsoluteObserved =
  | { readonly ok: true; readonly state: AbsoluteState; readonly outcome: AbsoluteOutcome }
  | { readonly ok: false; readonly refusal: Refusal };

export function observeAbsolute(
  params: GuardParams,
  limits: readonly AbsoluteLimit[],
  before: AbsoluteState,
  scrape: AbsoluteScrape,
): AbsoluteObserved {
  const { seconds, counts } = scrape;
  if (!isTime(seconds)) return { ok: false, refusal: { reason: "NoTime" } };
  const refusals = limits.flatMap(({ stream: { kind } }, index) => refusalOf(kind, counts[index]));
  const { blockSeconds, blockEnds } = blockAfter(before.blockSeconds, seconds, params);
  const streams = observedStreams(params, limits, before, scrape, blockEnds);
  const names = limits.map(({ stream }) => stream);
  const e = combinedE(streams, alphaShares(params, names));
  const state: AbsoluteState = { version: 1, scrapes: before.scrapes + 1, blockSeconds, e, maxE: Math.max(before.maxE, e), streams };
  return { ok: true, state, outcome: outcomeOf(params, state, refusals) };
}

function observedStreams(
  params: GuardParams,
  limits: readonly AbsoluteLimit[],
  before: AbsoluteState,
  { seconds, counts }: AbsoluteScrape,
  blockEnds: boolean,
): readonly StreamState[] {
  const names = limits.map(({ stream }) => stream);
  const credits = creditsOf(params, names, false);
  return before.streams.map((stream, index) => {
    const counted = countsOf(counts[index]);
    if (counted === undefined || faultOf(counted) !== undefined) return stream;
    const { rate } = limits[index]!;
    const observation = {
      dt: seconds,
      counts: counted,
      evidence: ratiosOf(names[index]!, params).map((ratio) => absoluteLogE(counted, ratio, rate)),
      bets: params.gains.map((gain) => absoluteBet(counted, gain, rate)),
      residualOf: residualAlone,
      blockEnds,
      first: before.scrapes === 0,
      credit: credits[index]!,
      topDoubt: topDoubt(params, 1),
    };
    return observeStream(stream, observation, params);
  });
}

function outcomeOf(params: GuardParams, { e, streams }: AbsoluteState, refusals: readonly Refusal[]): AbsoluteOutcome {
  return {
    e,
    verdict: e >= 1 / params.alpha ? "Rollback" : "Running",
    passed: refusals.length === 0 && streams.every(({ adv }) => hasPassed(adv, params)),
    advanceMissing: streams.map(({ adv }) => advanceMissing(adv, params)),
    refusals,
  };
}

type CountsAlone = AbsoluteScrape["counts"][number];

function countsOf(counts: CountsAlone | undefined): Counts | undefined {
  return counts && { nc: counts.n, xc: counts.x, ns: 0, xs: 0 };
}

function refusalOf(kind: StreamName["kind"], counts: CountsAlone | undefined): readonly Refusal[] {
  const counted = countsOf(counts);
  const reason = counted === undefined ? "Missing" : faultOf(counted);
  return reason === undefined ? [] : [{ reason, kind }];
}
