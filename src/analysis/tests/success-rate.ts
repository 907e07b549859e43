/** `successRate.min`: the canary's requests must not fail more often than allowed. */
import type { CheckStatus } from "../../api/status.ts";
import type { AnalysisTest, TestInput } from "../analysis-test.ts";
import { window } from "../bins.ts";
import { grouped, percent, percentGood } from "../format.ts";
import type { Tally } from "../state.ts";
import { judgeThreshold } from "../threshold.ts";

export const WINDOW_MS = 60_000;

export const successRate: AnalysisTest = {
  name: "success-rate",
  applies: (policy, bake, explicit) => policy.successRateMin !== undefined && (!bake || explicit.successRate),
  judge,
};

function judge({ policy, state, now, since }: TestInput): CheckStatus[] {
  const min = policy.successRateMin;
  if (min === undefined) return [];
  const { minRequests } = policy;
  const { canary, stable } = window(state, now, { ms: WINDOW_MS, minRequests, since });
  const evidence = { requests: canary.requests, surelyBad: canary.failures, possiblyBad: canary.failures };
  const verdict = judgeThreshold(evidence, 1 - min, minRequests);
  const shown = { canary: percentGood(canary.failures, canary.requests), stable: percentGood(stable.failures, stable.requests) };
  return [
    {
      name: successRate.name,
      verdict,
      ...(shown.canary !== undefined && { canary: shown.canary }),
      ...(shown.stable !== undefined && { stable: shown.stable }),
      requests: { canary: canary.requests, stable: stable.requests },
      why: why(verdict, canary, stable, min, minRequests),
    },
  ];
}

function why(verdict: CheckStatus["verdict"], canary: Tally, stable: Tally, min: number, minRequests: number): string {
  const seen = `canary ${failed(canary)}${stable.requests === 0 ? "" : `, stable ${failed(stable)}`}`;
  switch (verdict) {
    case "NoData":
      return "no requests reached the canary";
    case "Fail":
      return `${seen}: too many for at least ${percent(min)}`;
    case "Pass":
      return `${seen}: at least ${percent(min)}`;
    default:
      if (canary.requests < minRequests) return `${grouped(canary.requests)} of at least ${grouped(minRequests)} requests; ${seen}`;
      return `${seen}: below ${percent(min)}, not surely so`;
  }
}

function failed({ failures, requests }: Tally): string {
  return `${grouped(failures)}/${grouped(requests)} failed`;
}
