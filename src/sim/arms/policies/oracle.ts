/** What could be reached at all: Wald's sequential test that knows how much worse the canary is, at the first step's share. */
import { type Ending, startMeter } from "../ending.ts";
import type { Traffic } from "../traffic.ts";
import { MOST_SECONDS, WEIGHTS } from "./ladder.ts";

const ODDS = 100;

export function playOracle(traffic: Traffic, { scrapeSeconds }: { readonly scrapeSeconds: number }): Ending {
  const ratio = traffic.setting.canary / traffic.setting.stable;
  const meter = startMeter();
  let evidence = 0;
  while (meter.seconds < MOST_SECONDS - 1e-6) {
    const sample = traffic.next(WEIGHTS[0] ?? 0, scrapeSeconds);
    meter.add(sample);
    const { canary, stable } = sample;
    if (canary.requests > 0 && stable.requests > 0) {
      const b = Math.log((ratio * canary.requests + stable.requests) / (canary.requests + stable.requests));
      evidence += (Math.log(ratio) - b) * canary.failures - b * stable.failures;
    }
    if (evidence >= Math.log(ODDS)) return meter.end("rolledBack");
  }
  return meter.end("open");
}
