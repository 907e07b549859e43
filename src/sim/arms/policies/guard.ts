/** Serin's own rule: the guard, with the brake. */
import { DEFAULT_PARAMS, type GuardConfig } from "../../../analysis/guard/params.ts";
import type { GuardScrape } from "../../../analysis/guard/scrape.ts";
import { startState } from "../../../analysis/guard/state.ts";
import { shareInForce, step } from "../../../analysis/guard/step.ts";
import { type Ending, startMeter } from "../ending.ts";
import { BOUNDS, type Sample, type Traffic } from "../traffic.ts";
import { MOST_SECONDS, WEIGHTS } from "./ladder.ts";

/** 50 ms is only the neighbour of 100. */
const JUDGED = 5;

export function playGuard(traffic: Traffic, { scrapeSeconds }: { readonly scrapeSeconds: number }): Ending {
  const config: GuardConfig = { params: DEFAULT_PARAMS, steps: WEIGHTS.map((weight) => ({ weight })) };
  const [failures, latency] = [traffic.past(600), traffic.past(120)];
  const usual = {
    ...{ requests: failures.requests, failures: failures.failures, rate: failures.requests / 600 },
    ...{ answers: latency.requests, over: latency.over.slice(0, JUDGED) },
  };
  let state = startState(config.params, { clientErrors: false, bounds: BOUNDS.slice(0, JUDGED) }, usual);
  const meter = startMeter();
  while (meter.seconds < MOST_SECONDS - 1e-6) {
    const sample = traffic.next(shareInForce(config, state), scrapeSeconds);
    meter.add(sample, state.cuts > 0);
    const stepped = step(config, state, scrapeOf(sample));
    if (!stepped.ok) throw new Error(`the guard refused a scrape: ${stepped.refusal.reason}`);
    ({ state } = stepped);
    if (state.ended !== null) return meter.end(state.ended === "Rollback" ? "rolledBack" : "promoted");
  }
  return meter.end("open");
}

function scrapeOf({ seconds, canary, stable }: Sample): GuardScrape {
  return {
    seconds,
    failures: { nc: canary.requests, xc: canary.failures, ns: stable.requests, xs: stable.failures },
    latency: {
      ...{ nc: canary.requests, ns: stable.requests },
      ...{ overCanary: canary.over.slice(0, JUDGED), overStable: stable.over.slice(0, JUDGED) },
    },
  };
}
