/**
 * The guard: canary against stable, scrape by scrape. E speaks for a rollback (at 1/alpha), doubt sets the share of traffic (the
 * brake), and advance ends a step. The order within a scrape is the order of the numbered rule in docs/analysis.md.
 */
import { tailRatio } from "./bounds.ts";
import { type Counts, countsProblem } from "./counts.ts";
import { advanceEvidence, rollbackEvidence } from "./evidence.ts";
import type { Baseline, GuardPlan, GuardState } from "./state.ts";
import { type Hypotheses, type StreamInput, type StreamOutcome, startStep, stepStream } from "./stream.ts";

export type Decision = "running" | "advance" | "promote" | "rollback";

export interface GuardScrape {
  /** Since the one before. */
  readonly seconds: number;
  readonly failures: Counts;
  /** Where they are judged. */
  readonly clientErrors?: Counts;
  /** Answers slower than each bound of the plan; those that failed left out. */
  readonly slow?: readonly Counts[];
  /** What pods answered that were not young any more: ADVANCE reads these. The same as above where it is left out. */
  readonly settled?: { readonly failures: Counts; readonly clientErrors?: Counts };
}

export interface GuardOutcome {
  readonly state: GuardState;
  readonly decision: Decision;
  /** The share to put in force: 0 after a rollback, 1 after a promotion. */
  readonly weight: number;
  readonly e: number;
  /** Nats; exp(doubt) are the odds for people. */
  readonly doubt: number;
  readonly incident: boolean;
  readonly streams: readonly StreamOutcome[];
  /** Nats that each stream lacks to end the step. */
  readonly advanceMissing: readonly number[];
}

/** Throws a RangeError for what `scrapeProblem` names, and after the end. */
export function stepGuard(plan: GuardPlan, state: GuardState, scrape: GuardScrape): GuardOutcome {
  const problem = state.ended ? "the release has ended" : scrapeProblem(plan, scrape);
  if (problem !== undefined) throw new RangeError(problem);
  const entered = state.margin === null ? enterStep(plan, state) : state;
  const timed = withClocks(entered, scrape);
  const { blockEnds, incident } = momentOf(plan, entered, timed, scrape);
  const warmUp = timed.seconds <= plan.params.warmUpSeconds + SLACK;
  const use = !warmUp && scrape.failures.nc > 0 && scrape.failures.ns > 0;
  const streams = state.streams.map((_, index) => {
    const input: StreamInput = {
      ...countsOf(plan, index, scrape),
      seconds: scrape.seconds,
      ...{ use, useAdvance: use && !incident, warmUp, blockEnds },
      firstScrape: timed.scrapes === 1,
      isCut: state.cuts > 0,
      doubtLimit: doubtLimitOf(plan, state.step),
    };
    return stepStream(entered.streams[index]!, hypothesesOf(plan, entered, index), input, plan.params);
  });
  return decided(plan, timed, { streams, scrape, blockEnds, incident });
}

/** Why a scrape is no evidence, or undefined where it is. */
export function scrapeProblem(
  { bounds }: GuardPlan,
  { seconds, failures, clientErrors, slow = [], settled }: GuardScrape,
): string | undefined {
  if (!(seconds > 0 && Number.isFinite(seconds))) return `seconds is ${seconds}`;
  if (slow.length !== bounds.length) return `${slow.length} counts of slow answers for ${bounds.length} bounds`;
  const all = [failures, clientErrors, ...slow, settled?.failures, settled?.clientErrors];
  return all.map((counts) => counts && countsProblem(counts)).find((found) => found !== undefined);
}

/** Sums of binary fractions. */
const SLACK = 1e-9;

/** Fresh evidence for ADVANCE, and how much worse the canary may be: so that the next step's first minute fits the risk budget. */
function enterStep({ weights, params }: GuardPlan, state: GuardState): GuardState {
  const rate = state.requests > 0 ? state.requests / state.seconds : state.baseline.rate;
  const next = weights[state.step + 1];
  const isUnknown = next === undefined || rate === null || rate === 0;
  const { marginMin, marginMax, riskBudget, detectSeconds } = params;
  const margin = isUnknown ? marginMin : Math.min(marginMax, Math.max(marginMin, riskBudget / (rate * next * detectSeconds)));
  return { ...state, margin, streams: state.streams.map(startStep) };
}

function withClocks(state: GuardState, { seconds, failures }: GuardScrape): GuardState {
  return {
    ...state,
    seconds: state.seconds + seconds,
    requests: state.requests + (failures.nc + failures.ns),
    scrapes: state.scrapes + 1,
    blockSeconds: state.blockSeconds + seconds,
  };
}

function momentOf({ params }: GuardPlan, before: GuardState, { blockSeconds }: GuardState, { failures }: GuardScrape) {
  const { block } = before.streams[0]!.noise;
  const { requests, failures: failed } = before.baseline;
  const usual = (params.incidentRatio * (failed + 0.5)) / (requests + 1);
  const incident = block.xs + failures.xs > Math.max(usual, params.incidentMin) * (block.ns + failures.ns) + 3;
  return { blockEnds: blockSeconds >= params.blockSeconds - SLACK, incident };
}

/** Index of the first stream of latency. */
function firstLatency({ clientErrors }: GuardPlan): number {
  return clientErrors ? 2 : 1;
}

/** The bound of a stream, as an index; 0 or less for failures and client errors. */
function boundOf(plan: GuardPlan, stream: number): number {
  return stream - firstLatency(plan) + 1;
}

function countsOf(
  plan: GuardPlan,
  stream: number,
  { failures, clientErrors, slow = [], settled }: GuardScrape,
): Pick<StreamInput, "counts" | "settled"> {
  const bound = boundOf(plan, stream);
  if (stream === 0) return { counts: failures, settled: settled?.failures ?? failures };
  if (bound >= 1) return { counts: slow[bound]!, settled: slow[bound]! };
  const counts = clientErrors ?? { ...failures, xc: 0, xs: 0 };
  return { counts, settled: settled?.clientErrors ?? counts };
}

function hypothesesOf(plan: GuardPlan, state: GuardState, stream: number): Hypotheses {
  const { params } = plan;
  const ratios = boundOf(plan, stream) >= 1 ? params.latencyRatios : params.failureRatios;
  const { tolerance, reference, advanceRatio, margin } = limitsOf(plan, state, stream);
  return {
    ratios,
    need: needOf(plan, stream),
    rollback: (counts, ratio) => rollbackEvidence(counts, ratio, tolerance, reference),
    advance: (counts, gain) => advanceEvidence(counts, gain, advanceRatio, margin),
  };
}

/** What is harmless to a stream, and what is good enough to end the step. */
function limitsOf(plan: GuardPlan, { margin: ofFailures, baseline }: GuardState, stream: number) {
  const { params, bounds } = plan;
  const margin = ofFailures ?? params.marginMin;
  const { failureTolerance, clientTolerancePoints, advanceRatio, latencyMarginMax } = params;
  if (stream === 0) return { tolerance: failureTolerance, reference: 0, advanceRatio, margin };
  const bound = boundOf(plan, stream);
  if (bound < 1) {
    const tolerance = { ratio: failureTolerance.ratio, points: clientTolerancePoints };
    return { tolerance, reference: 0, advanceRatio, margin: Math.min(latencyMarginMax, Math.max(clientTolerancePoints, 4 * margin)) };
  }
  const survival = (index: number) => (baseline.over[index] ?? 0) / Math.max(baseline.answers, 1);
  const grown = (by: number) => tailRatio(bounds[bound]!, bounds[bound - 1]!, survival(bound), survival(bound - 1), by);
  return {
    tolerance: { ratio: grown(params.latencyTolerance.ratio), points: params.latencyTolerance.points },
    reference: Math.min(MOST_REFERENCE, survival(bound)),
    advanceRatio: grown(params.latencyAdvance),
    margin: Math.min(latencyMarginMax, Math.max(params.latencyMarginMin, 4 * margin)),
  };
}

const MOST_REFERENCE = 0.9;

/** Parts of alpha: failures, client errors, latency split equally. */
export function sharesOf({ bounds, clientErrors, params }: GuardPlan): readonly number[] {
  const latencies = Math.max(0, bounds.length - 1);
  const failures = latencies > 0 ? params.failureShare : 1;
  const first = clientErrors ? [failures - params.clientShare, params.clientShare] : [failures];
  return [...first, ...Array.from({ length: latencies }, () => (1 - failures) / latencies)];
}

/** Streams of latency speak together: each needs what all of them may. */
export function needOf(plan: GuardPlan, stream: number): number {
  const { alpha, start, failureShare } = plan.params;
  const share = boundOf(plan, stream) >= 1 ? 1 - failureShare : sharesOf(plan)[stream]!;
  return Math.log(1 / (alpha * share * start)) + 1e-6;
}

function doubtLimitOf({ weights, params }: GuardPlan, step: number): number {
  return Math.log(params.brakeOdds) + Math.log(weights[step]! / params.minWeight) + Math.LN2;
}

/** The share that the state allows: the step's, halved for every cut, never below the floor. */
export function weightOf({ weights, params }: GuardPlan, { step, cuts }: GuardState): number {
  const full = weights[step]!;
  return Math.max(Math.min(params.minWeight, full), full * 2 ** -cuts);
}

interface Seen {
  readonly streams: readonly StreamOutcome[];
  readonly scrape: GuardScrape;
  readonly blockEnds: boolean;
  readonly incident: boolean;
}

function decided(plan: GuardPlan, timed: GuardState, { streams, scrape, blockEnds, incident }: Seen): GuardOutcome {
  const { params } = plan;
  const shares = sharesOf(plan);
  const e = streams.reduce((sum, stream, index) => sum + shares[index]! * stream.e, 0);
  const doubt = Math.max(...streams.map((stream) => stream.doubt));
  const cuts = Math.trunc(Math.max(0, (doubt - Math.log(params.brakeOdds)) / Math.LN2));
  const state: GuardState = {
    ...timed,
    // A braked canary does not use up its step's time.
    stepSeconds: timed.cuts === 0 ? timed.stepSeconds + scrape.seconds : timed.stepSeconds,
    blockSeconds: blockEnds ? 0 : timed.blockSeconds,
    baseline: learned(timed.baseline, scrape, incident),
    cuts,
    e,
    mostE: Math.max(timed.mostE, e),
    streams: streams.map((stream) => stream.state),
  };
  const decision = decisionOf(plan, state, streams, incident);
  const after = afterDecision(state, decision);
  const weight = decision === "rollback" ? 0 : decision === "promote" ? 1 : weightOf(plan, after);
  const needed = Math.log(1 / params.beta);
  return {
    state: after,
    decision,
    weight,
    e,
    doubt,
    incident,
    streams,
    advanceMissing: streams.map(({ advance }) => Math.max(0, needed - advance)),
  };
}

/** Nothing of an incident goes into what is usual. */
function learned(baseline: Baseline, { failures, slow = [] }: GuardScrape, incident: boolean): Baseline {
  const usual = incident ? {} : { failures: baseline.failures + failures.xs, requests: baseline.requests + failures.ns };
  if (slow.length === 0) return { ...baseline, ...usual };
  const over = slow.map(({ xs }, index) => (baseline.over[index] ?? 0) + xs);
  return { ...baseline, ...usual, over, answers: baseline.answers + slow[0]!.ns };
}

function decisionOf({ params, weights }: GuardPlan, state: GuardState, streams: readonly StreamOutcome[], incident: boolean): Decision {
  if (state.e >= 1 / params.alpha) return "rollback";
  const needed = Math.log(1 / params.beta) - SLACK;
  const isGood = streams.every(({ advance }) => advance >= needed);
  const isOldEnough = state.stepSeconds >= params.minStepSeconds - SLACK;
  const isOver = state.stepSeconds >= params.maxStepSeconds - SLACK;
  const ends = state.cuts === 0 && isOldEnough && (isGood || isOver) && state.e < params.hold && !incident;
  if (!ends) return "running";
  return state.step === weights.length - 1 ? "promote" : "advance";
}

function afterDecision(state: GuardState, decision: Decision): GuardState {
  if (decision === "advance") return { ...state, step: state.step + 1, stepSeconds: 0, margin: null };
  return decision === "running" ? state : { ...state, ended: true };
}
