/** What is harmless, and what a step's end must refute, for each stream; from stable before the scrape (step 1). */
import type { Margin } from "./advance.ts";
import type { Layout } from "./combine.ts";
import type { Tolerance } from "./evidence.ts";
import { clamp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";

export interface Hypotheses {
  readonly tolerance: Tolerance;
  readonly margin: Margin;
}

/** Stable's latency: how many answers, and how many of them slower than each bound in use (the neighbour's first). */
export interface Survival {
  readonly answers: number;
  readonly over: readonly number[];
}

/** One for each stream, in the order of `streamNames`; `margin` is the D of the step, in points. */
export function hypothesesOf(params: GuardParams, layout: Layout, margin: number, stable: Survival): readonly Hypotheses[] {
  return [
    failureHypotheses(params, margin),
    ...(layout.clientErrors ? [clientErrorHypotheses(params, margin)] : []),
    ...latencyHypotheses(params, margin, layout.bounds, stable),
  ];
}

function failureHypotheses(params: GuardParams, margin: number): Hypotheses {
  return {
    tolerance: { ratio: params.failToleranceRatio, absolute: params.failToleranceAbsolute, reference: 0 },
    margin: { ratio: params.advanceRatio, margin },
  };
}

function clientErrorHypotheses(params: GuardParams, margin: number): Hypotheses {
  return {
    tolerance: { ratio: params.failToleranceRatio, absolute: params.clientToleranceAbsolute, reference: 0 },
    margin: {
      ratio: params.advanceRatio,
      margin: clamp(4 * margin, params.clientToleranceAbsolute, params.latencyMarginMax),
    },
  };
}

/** One for each bound after the neighbour. */
function latencyHypotheses(
  params: GuardParams,
  margin: number,
  bounds: readonly number[],
  { answers, over }: Survival,
): readonly Hypotheses[] {
  const survival = over.map((count) => count / Math.max(answers, 1));
  const points = clamp(4 * margin, params.latencyMarginMin, params.latencyMarginMax);
  return bounds.slice(1).map((bound, index) => {
    const [below = 0, sBelow = 0, s = 0] = [bounds[index], survival[index], survival[index + 1]];
    const ratioAt = (slower: number) => tailRatio(bound, below, s, sBelow, slower);
    return {
      tolerance: {
        ratio: ratioAt(params.latencyTolerance),
        absolute: params.latencyToleranceAbsolute,
        reference: Math.min(0.9, s),
      },
      margin: { ratio: ratioAt(params.latencyAdvance), margin: points },
    };
  });
}

/**
 * By how much P(latency > bound) grows when all latencies grow by the part `slower`: (1 + slower)^kappa, at least 1.05, with
 * kappa = -d ln S / d ln bound, the slope of stable's survival S between the bound `below` and this one.
 */
export function tailRatio(bound: number, below: number, survival: number, survivalBelow: number, slower: number): number {
  const ln = (s: number) => Math.log(clamp(s, 1e-6, 1));
  const kappa = -(ln(survival) - ln(survivalBelow)) / (Math.log(bound) - Math.log(below));
  return Math.max(1.05, (1 + slower) ** kappa);
}
