/**
 * One scrape, from the memory before it to the memory after it and what it says: evidence, doubt, brake, and whether the step
 * may end. It stays in its step; who goes on is `step.ts`, or an engine that has more to wait for. Pure: the same counts tell
 * the same story, however often it is told.
 */
import { advanceMissing, betOf, hasPassed } from "./advance.ts";
import { cutsOf } from "./brake.ts";
import { alphaShares, combinedDoubt, combinedE, creditsOf, type Lead, leadOf, ratiosOf, type StreamName, streamNames } from "./combine.ts";
import { addCounts, type Counts, NO_COUNTS } from "./counts.ts";
import { topDoubt } from "./doubt.ts";
import { inStep } from "./enter.ts";
import { rollbackLogE } from "./evidence.ts";
import { isIncident } from "./incident.ts";
import { blockAfter, noiseFactor, residual } from "./noise.ts";
import { type GuardConfig, type GuardParams, stepAt } from "./params.ts";
import { type GuardScrape, type LatencyScrape, type Refusal, scrapeRefusal, streamRefusals } from "./scrape.ts";
import type { GuardState, StableHistory } from "./state.ts";
import { countsOf, type Observation, observeStream, type StreamState } from "./stream.ts";
import { hypothesesOf } from "./tolerance.ts";

export interface Outcome {
  /** Evidence for a rollback; 1/alpha rolls back. */
  readonly e: number;
  /** Nats; e^doubt are the odds that people are shown. */
  readonly doubt: number;
  /** How often doubt halves the step's weight now. */
  readonly cuts: number;
  /** StepOver: the step may end. */
  readonly verdict: "Running" | "StepOver" | "Rollback";
  /** The step's longest time is over, and not every stream has passed. */
  readonly inconclusive: boolean;
  /** For each stream: the noise factor of the finished blocks, and the nats that ADVANCE is missing. */
  readonly phi: readonly number[];
  readonly advanceMissing: readonly number[];
  /** The D of the step that was judged. */
  readonly margin: number;
  /** Stable itself is in trouble. */
  readonly incident: boolean;
  readonly lead: Lead;
  /** What of this scrape was not counted. A scrape with any ends no step. */
  readonly refusals: readonly Refusal[];
}

export type Observed =
  | { readonly ok: true; readonly state: GuardState; readonly outcome: Outcome }
  | { readonly ok: false; readonly refusal: Refusal };

export function observe(config: GuardConfig, before: GuardState, scrape: GuardScrape): Observed {
  const refusal = before.ended === null ? scrapeRefusal(scrape) : ({ reason: "Ended" } as const);
  if (refusal !== undefined) return { ok: false, refusal };
  const entered = inStep(config, before);
  const { margin } = entered;
  const refusals = streamRefusals(scrape, entered);
  const incident = isIncidentAt(config.params, entered, scrape.failures);
  const counted = withScrape(config, entered, scrape, { margin, incident, refusals });
  return { ok: true, state: counted, outcome: outcomeOf(config, counted, { margin, incident, refusals }) };
}

/** By the running block, this scrape included. */
function isIncidentAt(params: GuardParams, { streams, usual }: GuardState, failures: Counts): boolean {
  return isIncident(addCounts(countsOf(streams[0]!.block), failures), usual, params);
}

interface Circumstances {
  readonly margin: number;
  readonly incident: boolean;
  readonly refusals: readonly Refusal[];
}

/** Times are sums of scrapes' times. */
const ROUNDING = 1e-9;

function withScrape(config: GuardConfig, state: GuardState, scrape: GuardScrape, around: Circumstances): GuardState {
  const { params } = config;
  const { seconds: dt, failures } = scrape;
  const { blockSeconds, blockEnds } = blockAfter(state.blockSeconds, dt, params);
  const streams = observedStreams(config, state, scrape, blockEnds, around);
  const e = combinedE(streams, alphaShares(params, streamNames(state)));
  return {
    ...state,
    // A braked canary does not use up its step's time.
    stepSeconds: state.cuts === 0 ? state.stepSeconds + dt : state.stepSeconds,
    seconds: state.seconds + dt,
    scrapes: state.scrapes + 1,
    requests: state.requests + failures.nc + failures.ns,
    cuts: cutsOf(combinedDoubt(streams), params),
    e,
    maxE: Math.max(state.maxE, e),
    blockSeconds,
    usual: withHistory(state.usual, scrape, around),
    streams,
  };
}

/** Latency has no incidents of its own: its history goes on. */
function withHistory(usual: StableHistory, { failures, latency }: GuardScrape, { incident, refusals }: Circumstances): StableHistory {
  const failed = incident ? NO_COUNTS : failures;
  const timed = refusals.some(({ kind }) => kind === "Latency") ? undefined : latency;
  return {
    requests: usual.requests + failed.ns,
    failures: usual.failures + failed.xs,
    rate: usual.rate,
    answers: usual.answers + (timed?.ns ?? 0),
    over: usual.over.map((count, i) => count + (timed?.overStable[i] ?? 0)),
  };
}

function observedStreams(
  config: GuardConfig,
  state: GuardState,
  scrape: GuardScrape,
  blockEnds: boolean,
  { margin, incident, refusals }: Circumstances,
): readonly StreamState[] {
  const { params } = config;
  const names = streamNames(state);
  const hypotheses = hypothesesOf(params, state, margin, state.usual);
  const credits = creditsOf(params, names, state.cuts > 0);
  const top = topDoubt(params, stepAt(config, state.step).weight);
  const warm = state.seconds + scrape.seconds <= params.warmupSeconds + ROUNDING;
  return state.streams.map((stream, index) => {
    const name = names[index]!;
    if (refusals.some(({ kind }) => kind === name.kind)) return stream;
    const { all, forAdvance } = warm ? { all: NO_COUNTS, forAdvance: NO_COUNTS } : countsFor(name, state, scrape);
    const { tolerance, margin: against } = hypotheses[index]!;
    const observation: Observation = {
      dt: scrape.seconds,
      counts: all,
      evidence: ratiosOf(name, params).map((ratio) => rollbackLogE(all, ratio, tolerance)),
      bets: incident ? undefined : params.gains.map((gain) => betOf(forAdvance, gain, against)),
      residualOf: residual,
      blockEnds,
      first: state.scrapes === 0,
      credit: credits[index]!,
      topDoubt: top,
    };
    return observeStream(stream, observation, params);
  });
}

interface CountsFor {
  readonly all: Counts;
  readonly forAdvance: Counts;
}

/** Of a stream that was not refused. */
function countsFor(name: StreamName, { bounds }: GuardState, { failures, clientErrors, latency }: GuardScrape): CountsFor {
  switch (name.kind) {
    case "Failures":
      return { all: failures, forAdvance: failures.settled ?? failures };
    case "ClientErrors":
      return { all: clientErrors!, forAdvance: clientErrors!.settled ?? clientErrors! };
    case "Latency": {
      const all = slowerThan(latency!, bounds.indexOf(name.overMs));
      return { all, forAdvance: all };
    }
  }
}

function slowerThan({ nc, ns, overCanary, overStable }: LatencyScrape, place: number): Counts {
  return { nc, xc: overCanary[place]!, ns, xs: overStable[place]! };
}

function outcomeOf(config: GuardConfig, state: GuardState, { margin, incident, refusals }: Circumstances): Outcome {
  const { params } = config;
  const { streams, stepSeconds } = state;
  const { minSeconds = params.minStepSeconds, maxSeconds = params.maxStepSeconds, onInconclusive = "Advance" } = stepAt(config, state.step);
  const passed = streams.every(({ adv }) => hasPassed(adv, params));
  const timeIsUp = stepSeconds >= maxSeconds - ROUNDING;
  const shown = passed || (timeIsUp && onInconclusive === "Advance");
  const clear = state.cuts === 0 && state.e < params.holdE && !incident && refusals.length === 0;
  const over = clear && shown && stepSeconds >= minSeconds - ROUNDING;
  return {
    e: state.e,
    doubt: combinedDoubt(streams),
    cuts: state.cuts,
    verdict: state.e >= 1 / params.alpha ? "Rollback" : over ? "StepOver" : "Running",
    inconclusive: timeIsUp && !passed,
    phi: streams.map(noiseFactor),
    advanceMissing: streams.map(({ adv }) => advanceMissing(adv, params)),
    margin,
    incident,
    lead: leadOf(streams, params, streamNames(state)),
    refusals,
  };
}
