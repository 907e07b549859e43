/**
 * As an Argo Rollouts AnalysisTemplate of its documentation judges: a pause of five minutes at each step, the success rate of the
 * last minutes measured once a minute against a fixed limit, rolled back with the fourth failed measurement.
 */
import { type Ending, startMeter } from "../ending.ts";
import type { Sample, Traffic } from "../traffic.ts";
import { SCRAPE_SECONDS, SCRAPES_PER_MINUTE, WEIGHTS } from "./ladder.ts";
import { canaryOf } from "./window.ts";

const FAILURE_LIMIT = 3;
const PAUSE_MINUTES = 5;
const WINDOW = 3;

export function playArgo(traffic: Traffic, { successRate }: { readonly successRate: number }): Ending {
  const meter = startMeter();
  let window: Sample[] = [];
  let failed = 0;
  const perStep = PAUSE_MINUTES * SCRAPES_PER_MINUTE;
  for (let tick = 1; tick <= perStep * WEIGHTS.length; tick += 1) {
    const sample = traffic.next(WEIGHTS[Math.floor((tick - 1) / perStep)] ?? 0, SCRAPE_SECONDS);
    meter.add(sample);
    window = [...window, sample].slice(-WINDOW);
    if (tick % SCRAPES_PER_MINUTE !== 0) continue;
    const { requests, failures } = canaryOf(window);
    if (requests > 0 && failures > (1 - successRate) * requests + 1e-9) failed += 1;
    if (failed > FAILURE_LIMIT) return meter.end("rolledBack");
  }
  return meter.end("promoted");
}
