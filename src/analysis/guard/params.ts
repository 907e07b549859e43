/** Every number that the guard can be set by. Defaults and their reasons: docs/analysis.md. Times are seconds, shares fractions. */
export interface GuardParams {
  /** Greatest probability of rolling back a good release, over the whole of it. */
  readonly alpha: number;
  /** Greatest probability of ending a step though the canary is worse than its margin. */
  readonly beta: number;
  /** Part of alpha for failures, client errors included; the rest is for latency. Without latency failures have all. */
  readonly failureShare: number;
  /** Part of alpha for client errors where they are judged, taken from the failures'. */
  readonly clientShare: number;
  /** The alternatives "so many times as often as stable", with equal prior. */
  readonly failureRatios: readonly number[];
  readonly latencyRatios: readonly number[];
  /** Harmless: canary <= ratio x stable + points. */
  readonly failureTolerance: Tolerance;
  readonly clientTolerancePoints: number;
  /** Harmless: all latencies longer by this part, and so many more requests over a bound. */
  readonly latencyTolerance: Tolerance;
  /** E needs at least so long from 1 to 1/alpha. */
  readonly confirmSeconds: number;
  /** Unused credit is kept for so long, */
  readonly creditSeconds: number;
  /** and for so long while the share is cut. */
  readonly creditBrakedSeconds: number;
  /** Bursts last about so long: noise is measured by blocks of it. */
  readonly blockSeconds: number;
  /** The noise factor begins as 1, with the weight of so many blocks. */
  readonly noiseBlocks: number;
  /** Wealth at the beginning; the rest of 1 is the reserve for regressions that begin late. */
  readonly start: number;
  /** Part of the reserve that is moved in a block. */
  readonly topUp: number;
  /** Above these odds every doubling halves the canary's share; Infinity leaves the brake out. */
  readonly brakeOdds: number;
  /** The odds halve in this time without new evidence. */
  readonly fadeSeconds: number;
  /** For the brake the excess of the noise factor over 1 counts so many times: noise is learnt slowly, a cut is quick. */
  readonly brakeNoise: number;
  /** The share never falls below. */
  readonly minWeight: number;
  /** Failed requests accepted in the first `detectSeconds` of the next step. */
  readonly riskBudget: number;
  readonly detectSeconds: number;
  /** To end a step: canary < ratio x stable + margin. */
  readonly advanceRatio: number;
  readonly marginMin: number;
  readonly marginMax: number;
  /** The same of latency: all latencies longer by this part, and bounds of the margin. */
  readonly latencyAdvance: number;
  readonly latencyMarginMin: number;
  readonly latencyMarginMax: number;
  readonly gains: readonly number[];
  /** A step needs evidence of at least so many blocks. */
  readonly advanceBlocks: number;
  readonly minStepSeconds: number;
  readonly maxStepSeconds: number;
  /** No step ends while E is at least this. */
  readonly hold: number;
  /** Incident on stable: so many times its base rate, and at least this rate. */
  readonly incidentRatio: number;
  readonly incidentMin: number;
  /** The first seconds of the canary that are not counted at all. The feed leaves young pods out by itself: 0. */
  readonly warmUpSeconds: number;
}

export interface Tolerance {
  readonly ratio: number;
  readonly points: number;
}

export const GUARD_DEFAULTS: GuardParams = {
  alpha: 0.01,
  beta: 0.1,
  failureShare: 0.6,
  clientShare: 0.1,
  failureRatios: [1.5, 2.5, 6, 20],
  latencyRatios: [1.3, 2, 4],
  failureTolerance: { ratio: 1.05, points: 0.0002 },
  clientTolerancePoints: 0.05,
  latencyTolerance: { ratio: 0.1, points: 0.002 },
  confirmSeconds: 80,
  creditSeconds: 15,
  creditBrakedSeconds: 45,
  blockSeconds: 15,
  noiseBlocks: 8,
  start: 0.7,
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
  hold: 1.5,
  incidentRatio: 5,
  incidentMin: 0.02,
  warmUpSeconds: 0,
};
