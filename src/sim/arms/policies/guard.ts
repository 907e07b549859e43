/** Serin's own rule: the guard, with the brake. */
import { type GuardOutcome, stepGuard, weightOf } from "../../../analysis/guard/guard.ts";
import { GUARD_DEFAULTS, type GuardParams } from "../../../analysis/guard/params.ts";
import { type GuardPlan, startGuard } from "../../../analysis/guard/state.ts";
import { type Ending, startMeter } from "../ending.ts";
import { BOUNDS, type Sample, type Traffic } from "../traffic.ts";
import { MOST_SECONDS, WEIGHTS } from "./ladder.ts";

/** 50 ms is only the neighbour of 100. */
const JUDGED = 5;

export interface GuardOptions {
  readonly scrapeSeconds: number;
  readonly params?: Partial<GuardParams>;
  readonly mostSeconds?: number;
}

export function playGuard(traffic: Traffic, { scrapeSeconds, params, mostSeconds = MOST_SECONDS }: GuardOptions): Ending {
  const plan: GuardPlan = {
    weights: WEIGHTS,
    bounds: BOUNDS.slice(0, JUDGED),
    clientErrors: false,
    params: { ...GUARD_DEFAULTS, ...params },
  };
  const [failures, latency] = [traffic.past(600), traffic.past(120)];
  let state = startGuard(plan, {
    ...{ requests: failures.requests, failures: failures.failures, rate: failures.requests / 600 },
    ...{ answers: latency.requests, over: latency.over.slice(0, JUDGED) },
  });
  const meter = startMeter();
  while (meter.seconds < mostSeconds - 1e-6) {
    const sample = traffic.next(weightOf(plan, state), scrapeSeconds);
    meter.add(sample, state.cuts > 0);
    const outcome: GuardOutcome = stepGuard(plan, state, scrapeOf(sample));
    if (outcome.decision === "rollback") return meter.end("rolledBack");
    if (outcome.decision === "promote") return meter.end("promoted");
    ({ state } = outcome);
  }
  return meter.end("open");
}

function scrapeOf({ seconds, canary, stable }: Sample) {
  const counts = (xc: number, xs: number) => ({ nc: canary.requests, xc, ns: stable.requests, xs });
  const slow = canary.over.slice(0, JUDGED).map((over, index) => counts(over, stable.over[index] ?? 0));
  return { seconds, failures: counts(canary.failures, stable.failures), slow };
}
