/** The figures that people are told about a release in progress; from what is remembered alone. */
import { advanceMissing, hasPassed } from "./advance.ts";
import { combinedDoubt, type Lead, leadOf, type StreamName, streamNames } from "./combine.ts";
import { addCounts } from "./counts.ts";
import { inStep, requestRate } from "./enter.ts";
import { earliestRollback, fullShareIn, passesIn, type Traffic } from "./estimate.ts";
import { largestExcess } from "./excess.ts";
import { noiseFactor } from "./noise.ts";
import { boundedExp } from "./numbers.ts";
import { type GuardConfig, stepAt } from "./params.ts";
import type { GuardState } from "./state.ts";
import { shareInForce } from "./step.ts";
import { countsOf, type StreamState } from "./stream.ts";
import { hypothesesOf } from "./tolerance.ts";

export interface GuardReport {
  /** Evidence for a rollback, the limit at which it comes, and the sequential p-value: 1 / the largest E so far. */
  readonly e: number;
  readonly limit: number;
  readonly p: number;
  /** Seconds before which no rollback can come; null: none can come within a day. */
  readonly earliestRollbackSeconds: number | null;
  /** `odds` to 1 that the canary is worse; which stream says so, and how many times stable's rate fits best. */
  readonly odds: number;
  readonly lead: Lead;
  /** The canary's share now, and how often it was halved. */
  readonly share: number;
  readonly cuts: number;
  /** Seconds until the full share without new bad requests. */
  readonly fullShareSeconds: number;
  readonly streams: readonly StreamReport[];
  /** Seconds until the step can end, for a canary as good as stable; null: not at this traffic. */
  readonly stepSeconds: number | null;
}

export interface StreamReport {
  readonly stream: StreamName;
  /** Nats of ADVANCE evidence that are missing; 0: the stream has passed. */
  readonly missing: number;
  /** How long that takes at the present traffic, in seconds and in requests of the canary; null: not at this traffic. */
  readonly seconds: number | null;
  readonly requests: number | null;
  /** Points of all requests, above the tolerated ratio, that this step has not excluded; null: nothing is excluded. */
  readonly excess: number | null;
}

export function reportOf(config: GuardConfig, state: GuardState): GuardReport {
  const { params } = config;
  const { e, maxE, cuts, streams } = state;
  const doubt = combinedDoubt(streams);
  const share = shareInForce(config, state);
  const reports = streamReports(config, state);
  const fullShareSeconds = fullShareIn(doubt, cuts, params);
  return {
    e,
    limit: 1 / params.alpha,
    p: 1 / Math.max(1, maxE),
    earliestRollbackSeconds: earliestRollback(streams, params, state),
    odds: boundedExp(doubt),
    lead: leadOf(streams, params, streamNames(state)),
    share,
    cuts,
    fullShareSeconds,
    streams: reports,
    stepSeconds: stepEndsIn(config, state, reports, fullShareSeconds),
  };
}

function streamReports(config: GuardConfig, before: GuardState): readonly StreamReport[] {
  const { params } = config;
  const state = inStep(config, before);
  const hypotheses = hypothesesOf(params, state, state.margin, state.usual);
  const rate = requestRate(state) ?? 0;
  const canary = rate * shareInForce(config, state);
  return streamNames(state).map((stream, index) => {
    const one = state.streams[index]!;
    const { margin: against } = hypotheses[index]!;
    const traffic: Traffic = { canary, stable: rate - canary, bad: badRate(state, stream, one) };
    const seconds = hasPassed(one.adv, params) ? 0 : passesIn(one, noiseFactor(one), traffic, against, params);
    return {
      stream,
      missing: advanceMissing(one.adv, params),
      seconds,
      requests: seconds === null ? null : Math.ceil(seconds * canary),
      excess: largestExcess(one, against.margin, params),
    };
  });
}

/** Stable's. */
function badRate({ usual, bounds }: GuardState, name: StreamName, stream: StreamState): number {
  switch (name.kind) {
    case "Failures":
      return usual.failures / Math.max(1, usual.requests);
    case "ClientErrors": {
      const { ns, xs } = addCounts(countsOf(stream.total), countsOf(stream.block));
      return xs / Math.max(1, ns);
    }
    case "Latency":
      return usual.over[bounds.indexOf(name.overMs)]! / Math.max(1, usual.answers);
  }
}

function stepEndsIn(config: GuardConfig, state: GuardState, streams: readonly StreamReport[], fullShare: number): number | null {
  const { minSeconds = config.params.minStepSeconds } = stepAt(config, state.step);
  const waits = streams.map(({ seconds }) => seconds ?? Number.POSITIVE_INFINITY);
  const ends = fullShare + Math.max(minSeconds - state.stepSeconds, 0, ...waits);
  return Number.isFinite(ends) ? ends : null;
}
