/**
 * One stream: the evidence of one outcome (failures, client errors, answers over one bound), for a rollback and for ending the
 * step. For each alternative ratio there is a wealth that a rollback needs, which may grow only as fast as its credit, and a doubt
 * without that limit, which fades.
 */
import type { Counts } from "./counts.ts";
import { logSumExp } from "./evidence.ts";
import { type Noise, noiseFactor, startNoise, stepNoise } from "./noise.ts";
import type { GuardParams } from "./params.ts";

/** All in nats but for the reserve; one entry for each ratio, or for each gain. */
export interface StreamState {
  readonly wealth: readonly number[];
  readonly credit: readonly number[];
  readonly doubt: readonly number[];
  readonly advance: readonly number[];
  readonly advanceCredit: readonly number[];
  /** Not yet staked, for regressions that begin late. */
  readonly reserve: number;
  readonly noise: Noise;
}

/** What a stream asks of its counts. */
export interface Hypotheses {
  readonly ratios: readonly number[];
  /** Nats that E must gain for a rollback by this stream alone. */
  readonly need: number;
  readonly rollback: (counts: Counts, ratio: number) => number;
  readonly advance: (counts: Counts, gain: number) => number;
}

export interface StreamInput {
  readonly seconds: number;
  readonly counts: Counts;
  /** What ADVANCE reads; the same where no pod is young. */
  readonly settled: Counts;
  /** Evidence for a rollback is taken; evidence to end the step is. */
  readonly use: boolean;
  readonly useAdvance: boolean;
  /** The scrape is left out altogether. */
  readonly warmUp: boolean;
  readonly blockEnds: boolean;
  readonly firstScrape: boolean;
  readonly isCut: boolean;
  /** Nats above which doubt says nothing more: the share is at its floor. */
  readonly doubtLimit: number;
}

export interface StreamOutcome {
  readonly state: StreamState;
  /** Evidence for a rollback, the reserve with it: 1 at the beginning. */
  readonly e: number;
  readonly doubt: number;
  readonly advance: number;
  readonly phi: number;
  /** The alternative that doubt is loudest about. */
  readonly ratio: number;
}

export function startStream(ratios: readonly number[], { start, noiseBlocks, gains }: GuardParams): StreamState {
  return {
    wealth: ratios.map(() => Math.log(start)),
    credit: ratios.map(() => 0),
    doubt: ratios.map(() => 0),
    advance: gains.map(() => 0),
    advanceCredit: gains.map(() => 0),
    reserve: 1 - start,
    noise: startNoise(noiseBlocks),
  };
}

/** Only ADVANCE begins anew with a step. */
export function startStep(state: StreamState): StreamState {
  return { ...state, advance: state.advance.map(() => 0) };
}

export function stepStream(before: StreamState, hypotheses: Hypotheses, input: StreamInput, params: GuardParams): StreamOutcome {
  const { noise, past, now } = stepNoise(before.noise, input.warmUp ? undefined : input.counts, input.blockEnds);
  const temper = (nats: number) => (nats > 0 ? nats / now : nats / past);
  const staked = toppedUp(before, input, params);
  const rolled = rollbackOf(staked, hypotheses, input, params, { temper, now });
  const advanced = advanceOf(staked, hypotheses, input, params, temper);
  const state: StreamState = { ...staked, ...rolled, ...advanced, noise };
  const loudest = state.doubt.indexOf(Math.max(...state.doubt));
  return {
    state,
    e: wealthOf(state) + state.reserve,
    doubt: logSumExp(state.doubt) - Math.log(state.doubt.length),
    advance: logSumExp(state.advance) - Math.log(params.gains.length),
    phi: noiseFactor(noise),
    ratio: hypotheses.ratios[loudest] ?? 1,
  };
}

/** exp(709) is about the largest number that there is. */
const MOST_NATS = 700;

function wealthOf({ wealth }: StreamState): number {
  return Math.exp(Math.min(MOST_NATS, logSumExp(wealth) - Math.log(wealth.length)));
}

/** While the wealth is below the reserve, some of the reserve is staked. */
function toppedUp(state: StreamState, { firstScrape, seconds }: StreamInput, { topUp, blockSeconds }: GuardParams): StreamState {
  if (firstScrape || wealthOf(state) >= state.reserve) return state;
  const moved = (1 - (1 - topUp) ** (seconds / blockSeconds)) * state.reserve;
  return { ...state, reserve: state.reserve - moved, wealth: state.wealth.map((nats) => logSumExp([nats, Math.log(moved)])) };
}

interface Tempering {
  readonly temper: (nats: number) => number;
  readonly now: number;
}

function rollbackOf(state: StreamState, hypotheses: Hypotheses, input: StreamInput, params: GuardParams, { temper, now }: Tempering) {
  const { seconds, counts, use, isCut, doubtLimit } = input;
  const perSecond = hypotheses.need / params.confirmSeconds;
  const kept = perSecond * (isCut ? params.creditBrakedSeconds : params.creditSeconds);
  const fade = (Math.LN2 * seconds) / params.fadeSeconds;
  const [wealth, credit, doubt]: [number[], number[], number[]] = [[], [], []];
  for (const [i, ratio] of hypotheses.ratios.entries()) {
    const nats = use ? temper(hypotheses.rollback(counts, ratio)) : 0;
    const allowed = Math.min(kept, (state.credit[i] ?? 0) + perSecond * seconds);
    const taken = Math.min(nats, allowed);
    wealth.push((state.wealth[i] ?? 0) + taken);
    credit.push(Math.min(kept, allowed - taken));
    const gain = nats > 0 ? (nats * now) / (1 + params.brakeNoise * (now - 1)) : nats;
    doubt.push(Math.min(doubtLimit, Math.max(0, (state.doubt[i] ?? 0) + gain - fade)));
  }
  return { wealth, credit, doubt };
}

function advanceOf(
  state: StreamState,
  { advance: evidence }: Hypotheses,
  { seconds, settled, useAdvance }: StreamInput,
  { gains, beta, advanceBlocks, blockSeconds }: GuardParams,
  temper: (nats: number) => number,
) {
  const kept = Math.log(gains.length / beta) / advanceBlocks;
  const [advance, advanceCredit]: [number[], number[]] = [[], []];
  for (const [i, gain] of gains.entries()) {
    const allowed = Math.min(kept, (state.advanceCredit[i] ?? 0) + (kept * seconds) / blockSeconds);
    const taken = useAdvance ? Math.min(temper(evidence(settled, gain)), allowed) : 0;
    advance.push((state.advance[i] ?? 0) + taken);
    advanceCredit.push(Math.min(kept, allowed - taken));
  }
  return { advance, advanceCredit };
}
