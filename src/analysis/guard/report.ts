/** What the guard's numbers mean to people. */
import { type GuardOutcome, needOf, weightOf } from "./guard.ts";
import type { GuardPlan } from "./state.ts";

export interface GuardReport {
  /** The outcome that speaks loudest against the canary: `failures`, `client errors`, `over 200 ms`. */
  readonly stream: string;
  /** About so many times as often as on stable. */
  readonly ratio: number;
  /** Odds that the canary is worse, to 1: fade without new evidence, and set the share. */
  readonly odds: number;
  /** How often the share is halved now, and what is left of the step's. */
  readonly cuts: number;
  readonly share: number;
  /** Evidence for a rollback, and where it is one. */
  readonly e: number;
  readonly limit: number;
  /** Sequential p-value: how probable so much evidence is with a good release, however often one looks. */
  readonly pValue: number;
  /** Not before so many seconds of evidence that agrees. */
  readonly earliestRollbackSeconds: number;
  /** Without new failures the full share is back after so many seconds. */
  readonly fullShareSeconds: number;
  /** Of the evidence that ends the step, the part that is there (0 to 1) in the outcome that lacks most. */
  readonly advanced: number;
  /** At the pace of this step so far; undefined where nothing came yet. */
  readonly advanceSeconds: number | undefined;
}

export function reportOf(plan: GuardPlan, { state, streams, e, doubt, advanceMissing }: GuardOutcome): GuardReport {
  const { params } = plan;
  const loudest = streams.findIndex((stream) => stream.doubt === doubt);
  const needed = Math.log(1 / params.beta);
  const missing = Math.max(...advanceMissing);
  const gained = needed - missing;
  const overLimit = doubt - Math.log(params.brakeOdds) - Math.LN2;
  return {
    stream: nameOf(plan, loudest),
    ratio: streams[loudest]?.ratio ?? 1,
    odds: Math.exp(doubt),
    cuts: state.cuts,
    share: weightOf(plan, state),
    e,
    limit: 1 / params.alpha,
    pValue: 1 / Math.max(1, state.mostE),
    earliestRollbackSeconds: (Math.max(0, -Math.log(params.alpha * Math.max(e, LEAST))) / needOf(plan, 0)) * params.confirmSeconds,
    fullShareSeconds: state.cuts === 0 ? 0 : (Math.max(0, overLimit) / Math.LN2) * params.fadeSeconds,
    advanced: Math.min(1, Math.max(0, gained / needed)),
    advanceSeconds: missing === 0 ? 0 : gained > 0 ? (state.stepSeconds * missing) / gained : undefined,
  };
}

/** Evidence may be vanishingly small. */
const LEAST = 1e-300;

export function nameOf({ bounds, clientErrors }: GuardPlan, stream: number): string {
  if (stream === 0) return "failures";
  if (clientErrors && stream === 1) return "client errors";
  return `over ${bounds[stream - (clientErrors ? 2 : 1) + 1]} ms`;
}
