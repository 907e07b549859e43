/** One stream: everything that is remembered of one kind of bad request, and what one scrape does to it (steps 2 to 7). */
import { advanceCap, type Bet } from "./advance.ts";
import { addCounts, type Counts, NO_COUNTS } from "./counts.ts";
import { type Credit, grown, spend } from "./credit.ts";
import { doubtAfter } from "./doubt.ts";
import { divisorOf, type Noise, type ResidualOf, startNoise, type Temper, tempered, temperOf, withBlock } from "./noise.ts";
import type { GuardParams } from "./params.ts";
import { toppedUp, type Wealth } from "./reserve.ts";

/** Plain numbers only; an alias, not an interface: it must fit the loose object of the status schema. */
export type StreamState = {
  /** For each ratio: ln wealth, nats of credit, nats of doubt. */
  readonly lw: readonly number[];
  readonly credit: readonly number[];
  readonly doubt: readonly number[];
  /** For each gain of ADVANCE: ln wealth, nats of credit. */
  readonly adv: readonly number[];
  readonly advCredit: readonly number[];
  /** For each gain: by how many nats `adv` would grow for each point that the margin were larger (B_g in `excess.ts`). */
  readonly slope: readonly number[];
  readonly reserve: number;
  /** Squared residuals and number of the finished blocks. */
  readonly s: number;
  readonly t: number;
  /** Counts nc, xc, ns, xs of the finished blocks and of the running one. */
  readonly total: Four;
  readonly block: Four;
};

export type Four = readonly [nc: number, xc: number, ns: number, xs: number];

export function fourOf({ nc, xc, ns, xs }: Counts): Four {
  return [nc, xc, ns, xs];
}

export function countsOf([nc, xc, ns, xs]: Four): Counts {
  return { nc, xc, ns, xs };
}

export function startStream(ratios: readonly number[], params: GuardParams): StreamState {
  const none = params.gains.map(() => 0);
  return {
    lw: ratios.map(() => Math.log(params.startWealth)),
    credit: ratios.map(() => 0),
    doubt: ratios.map(() => 0),
    adv: none,
    advCredit: none,
    slope: none,
    reserve: 1 - params.startWealth,
    ...startNoise(params),
    total: fourOf(NO_COUNTS),
    block: fourOf(NO_COUNTS),
  };
}

/** A new step: ADVANCE begins afresh. Its credit stays. */
export function freshAdvance(stream: StreamState): StreamState {
  const none = stream.adv.map(() => 0);
  return { ...stream, adv: none, slope: none };
}

/** What one scrape means for a stream; nothing here is tempered yet. */
export interface Observation {
  /** Seconds. */
  readonly dt: number;
  readonly counts: Counts;
  /** ln e for each ratio. */
  readonly evidence: readonly number[];
  /** One for each gain; undefined: no ADVANCE evidence is taken. */
  readonly bets: readonly Bet[] | undefined;
  readonly residualOf: ResidualOf;
  readonly blockEnds: boolean;
  /** Nothing is moved from the reserve at the first scrape. */
  readonly first: boolean;
  readonly credit: Credit;
  /** Nats at which doubt stands still. */
  readonly topDoubt: number;
}

export function observeStream(stream: StreamState, observation: Observation, params: GuardParams): StreamState {
  const { dt, counts, residualOf, blockEnds, first } = observation;
  const block = addCounts(countsOf(stream.block), counts);
  const total = addCounts(countsOf(stream.total), block);
  const found = residualOf(total, block);
  const temper = temperOf(stream, found);
  const wealth = first ? stream : toppedUp(stream, dt, params);
  return {
    ...withEvidence(stream, wealth, observation, temper, params),
    ...withBets(stream, observation, temper, params),
    reserve: wealth.reserve,
    ...noiseAfter(stream, blockEnds ? found : null),
    total: blockEnds ? fourOf(total) : stream.total,
    block: fourOf(blockEnds ? NO_COUNTS : block),
  };
}

function noiseAfter(noise: Noise, found: number | null): Noise {
  const { s, t } = withBlock(noise, found);
  return { s, t };
}

/** E takes what its credit allows; doubt takes all and fades. */
function withEvidence(stream: StreamState, wealth: Wealth, observation: Observation, temper: Temper, params: GuardParams) {
  const { dt, evidence, topDoubt, credit } = observation;
  const logE = evidence.map((one) => tempered(one, temper));
  const spent = logE.map((one, i) => spend(one, grown(stream.credit[i]!, credit.rate * dt, credit.kept), credit.kept));
  return {
    lw: wealth.lw.map((one, i) => one + spent[i]!.taken),
    credit: spent.map((one) => one.credit),
    doubt: stream.doubt.map((one, i) => doubtAfter(one, logE[i]!, temper, dt, topDoubt, params)),
  };
}

function withBets(stream: StreamState, { dt, bets }: Observation, temper: Temper, params: GuardParams) {
  const cap = advanceCap(params);
  const granted = stream.advCredit.map((credit) => grown(credit, (cap * dt) / params.blockSeconds, cap));
  if (bets === undefined) return { adv: stream.adv, advCredit: granted, slope: stream.slope };
  const spent = bets.map(({ logE }, i) => spend(tempered(logE, temper), granted[i]!, cap));
  return {
    adv: stream.adv.map((one, i) => one + spent[i]!.taken),
    advCredit: spent.map((one) => one.credit),
    slope: stream.slope.map((one, i) => one + bets[i]!.slope / divisorOf(bets[i]!.logE, temper)),
  };
}
