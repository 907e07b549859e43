/**
 * `latency[].max`: at most 1 - percentile of the answers may take longer. A histogram knows its bounds only: slower than
 * the bound at or above the limit is surely too slow, faster than the bound at or below it surely not; what lies between
 * decides nothing. Failed requests don't count.
 */
import type { LatencyPolicy } from "../../api/policy.ts";
import type { CheckStatus } from "../../api/status.ts";
import type { AnalysisTest, TestInput } from "../analysis-test.ts";
import { window } from "../bins.ts";
import { grouped, milliseconds, percent, percentGood } from "../format.ts";
import type { Counted, Limit, Slow } from "../state.ts";
import { judgeThreshold } from "../threshold.ts";
import { WINDOW_MS } from "./success-rate.ts";

export const latency: AnalysisTest = {
  name: "latency",
  applies: (policy) => policy.latency.length > 0,
  judge: (input) => input.policy.latency.map((limit) => judge(input, limit)),
};

function judge({ policy, state, now, since }: TestInput, written: LatencyPolicy): CheckStatus {
  const { minRequests } = policy;
  const place = state?.limits.findIndex(({ maxMs }) => maxMs === written.maxMs) ?? -1;
  const countOf = (counted: Counted) => slowAt(counted, place)[0];
  const { canary, stable } = window(state, now, { ms: WINDOW_MS, minRequests, since, countOf });
  const [answers, possiblyBad, surelyBad] = slowAt(canary, place);
  const verdict = judgeThreshold({ requests: answers, surelyBad, possiblyBad }, 1 - written.quantile, minRequests);
  const limit = state?.limits[place] ?? { maxMs: written.maxMs, lowMs: 0, highMs: null };
  const shown = { canary: shownOf(slowAt(canary, place), limit), stable: shownOf(slowAt(stable, place), limit) };
  return {
    name: `latency-p${written.percentile}`,
    verdict,
    ...(shown.canary !== undefined && { canary: shown.canary }),
    ...(shown.stable !== undefined && { stable: shown.stable }),
    requests: { canary: answers, stable: slowAt(stable, place)[0] },
    why: why(verdict, slowAt(canary, place), limit, written, minRequests),
  };
}

function slowAt({ slow }: Counted, place: number): Slow {
  return slow?.[place] ?? [0, 0, 0];
}

/** What is surely within the limit. */
function shownOf([answers, overLow]: Slow, { lowMs }: Limit): string | undefined {
  const within = percentGood(overLow, answers);
  return within && `${within} within ${milliseconds(lowMs)}`;
}

function why(verdict: CheckStatus["verdict"], slow: Slow, limit: Limit, written: LatencyPolicy, minRequests: number): string {
  const [answers, overLow, overHigh] = slow;
  const allowed = `${percent(1 - written.quantile)} may take longer than ${milliseconds(written.maxMs)}`;
  switch (verdict) {
    case "NoData":
      return "no answer of the canary to measure";
    case "Fail":
      return `canary ${grouped(overHigh)}/${grouped(answers)} slower than ${bound(limit.highMs)}: ${allowed}`;
    case "Pass":
      return `canary ${grouped(overLow)}/${grouped(answers)} slower than ${bound(limit.lowMs)}: ${allowed}`;
    default:
      if (answers < minRequests) return `${grouped(answers)} of at least ${grouped(minRequests)} answers`;
      return between(slow, limit, allowed);
  }
}

function between([answers, overLow, overHigh]: Slow, { maxMs, lowMs, highMs }: Limit, allowed: string): string {
  const seen = `canary ${grouped(overLow)}/${grouped(answers)} slower than ${bound(lowMs)}`;
  if (lowMs === maxMs) return `${seen}: ${allowed}, not surely broken`;
  const bounds = `the histogram has the bounds ${bound(lowMs)} and ${bound(highMs)} around the limit and nothing between`;
  return `${seen}, ${grouped(overHigh)} slower than ${bound(highMs)}: ${allowed}; ${bounds}`;
}

function bound(ms: number | null): string {
  return ms === null ? "any bound" : milliseconds(ms);
}
