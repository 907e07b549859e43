/**
 * Every number of the sequential comparison in one place. Times are seconds, weights and rates fractions, evidence nats
 * (natural logarithms: ln 2 doubles the odds). The numbers of steps in this folder are those of the rule in docs/analysis.md.
 */

export interface GuardParams {
  /** P(a good version is rolled back) over the whole release. */
  readonly alpha: number;
  /** P(a step ends though the canary is worse than the margin), per step. */
  readonly beta: number;
  /** Share of alpha for failures, client errors included; latency has the rest. Without latency failures have all. */
  readonly failureShare: number;
  /** Share of alpha for client errors where they are judged, taken from the failures'. */
  readonly clientShare: number;
  /** "The canary fails r times as often": the alternatives of failures and client errors, with equal prior. */
  readonly failRatios: readonly number[];
  /** The same for requests over a histogram bound. */
  readonly latencyRatios: readonly number[];
  /** Harmless is a failure rate up to this times stable's ... */
  readonly failToleranceRatio: number;
  /** ... plus this. */
  readonly failToleranceAbsolute: number;
  /** The same addition for client errors. */
  readonly clientToleranceAbsolute: number;
  /** Harmless are latencies that all are longer by this part ... */
  readonly latencyTolerance: number;
  /** ... plus this part of the requests over a bound. */
  readonly latencyToleranceAbsolute: number;
  /** Seconds of evidence that must agree before E can go from 1 to 1/alpha. */
  readonly confirmSeconds: number;
  /** Seconds' worth of unused evidence credit that is kept ... */
  readonly creditSeconds: number;
  /** ... and while the share is cut. */
  readonly creditBrakedSeconds: number;
  /** Length of the blocks over which noise is measured: a burst lasts about so long, finer scrapes do not make it independent. */
  readonly blockSeconds: number;
  /** The noise factor begins as 1, with the weight of so many blocks. */
  readonly noiseBlocks: number;
  /** Wealth of each stream at the start; the rest of 1 is its reserve for regressions that begin late. */
  readonly startWealth: number;
  /** Part of the reserve that one block may move to the wealth. */
  readonly topUp: number;
  /** Above these odds every doubling halves the canary's share. Infinity: it is never cut (`brake: Off`). */
  readonly brakeOdds: number;
  /** Seconds in which the odds of doubt halve without new evidence. */
  readonly fadeSeconds: number;
  /** For doubt the excess of the noise factor over 1 counts so often: noise is learnt slowly, a cut is quick. */
  readonly brakeNoise: number;
  /** The canary's share never falls below this. */
  readonly minWeight: number;
  /** Failed requests accepted in the first `detectSeconds` of the next step. */
  readonly riskBudget: number;
  readonly detectSeconds: number;
  /** A step ends against: the canary fails at least so many times as often as stable, plus the margin. */
  readonly advanceRatio: number;
  /** The margin's limits, in points of all requests; the least is that of the last step. */
  readonly marginMin: number;
  readonly marginMax: number;
  /** A step ends against: all latencies are longer by this part, plus a margin within the limits below. */
  readonly latencyAdvance: number;
  readonly latencyMarginMin: number;
  readonly latencyMarginMax: number;
  /** The bets of ADVANCE, with equal prior. */
  readonly gains: readonly number[];
  /** A step needs evidence from at least so many blocks. */
  readonly advanceBlocks: number;
  /** A step's least and longest time at its full share, where the step has none of its own. */
  readonly minStepSeconds: number;
  readonly maxStepSeconds: number;
  /** No step ends while E is at least this. */
  readonly holdE: number;
  /** An incident on stable: its failure rate in the running block above so many times the usual one, and above `incidentMin`. */
  readonly incidentMultiple: number;
  readonly incidentMin: number;
  /** Seconds at the start that are not counted. The feed leaves young pods out by itself: 0 in production. */
  readonly warmupSeconds: number;
}

export const DEFAULT_PARAMS: GuardParams = {
  alpha: 0.01,
  beta: 0.1,
  failureShare: 0.6,
  clientShare: 0.1,
  failRatios: [1.5, 2.5, 6, 20],
  latencyRatios: [1.3, 2, 4],
  failToleranceRatio: 1.05,
  failToleranceAbsolute: 0.0002,
  clientToleranceAbsolute: 0.05,
  latencyTolerance: 0.1,
  latencyToleranceAbsolute: 0.002,
  confirmSeconds: 80,
  creditSeconds: 15,
  creditBrakedSeconds: 45,
  blockSeconds: 15,
  noiseBlocks: 8,
  startWealth: 0.7,
  topUp: 0.1,
  brakeOdds: 50,
  fadeSeconds: 15,
  brakeNoise: 2,
  minWeight: 0.001,
  riskBudget: 5,
  detectSeconds: 60,
  advanceRatio: 1.25,
  marginMin: 0.005,
  marginMax: 0.1,
  latencyAdvance: 0.25,
  latencyMarginMin: 0.02,
  latencyMarginMax: 0.25,
  gains: [0.15, 0.5, 1.5],
  advanceBlocks: 2,
  minStepSeconds: 60,
  maxStepSeconds: 600,
  holdE: 1.5,
  incidentMultiple: 5,
  incidentMin: 0.02,
  warmupSeconds: 0,
};

/**
 * The parameters of attempt `attempt` of one version (the first is 0): alpha halves with each, so that all attempts
 * together roll back a good version in at most 2 alpha. The limit of E is 1 / alpha of what this returns.
 */
export function paramsOfAttempt(params: GuardParams, attempt: number): GuardParams {
  return { ...params, alpha: params.alpha / 2 ** attempt };
}

/** One step of the release as the comparison sees it. */
export interface StepPlan {
  /** Share of the traffic, in (0, 1]. */
  readonly weight: number;
  /** Seconds at the full share; `minStepSeconds` where absent. */
  readonly minSeconds?: number;
  /** Seconds at the full share; `maxStepSeconds` where absent. */
  readonly maxSeconds?: number;
  /** What the longest time without a verdict means: go on (the default), or go on looking. */
  readonly onInconclusive?: "Advance" | "Hold";
}

export interface GuardConfig {
  readonly params: GuardParams;
  /** At least one; weights do not decrease. */
  readonly steps: readonly StepPlan[];
}

export function stepAt({ steps }: GuardConfig, index: number): StepPlan {
  const step = steps[index];
  if (step === undefined) throw new RangeError(`the release has no step ${index}`);
  return step;
}
