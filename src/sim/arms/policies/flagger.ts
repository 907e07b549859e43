/**
 * As Flagger judges by its defaults for a mesh: once a minute success rate and P99 of the last minute against fixed thresholds, a
 * step forward for every good look, five bad ones roll back (figures: its documentation of `analysis`).
 */
import { type Ending, startMeter } from "../ending.ts";
import type { Sample, Traffic } from "../traffic.ts";
import { SCRAPE_SECONDS, SCRAPES_PER_MINUTE, WEIGHTS } from "./ladder.ts";
import { histogramQuantile } from "./quantile.ts";
import { canaryOf } from "./window.ts";

const SUCCESS_RATE = 0.99;
const P99_MS = 500;
const THRESHOLD = 5;
/** A minute's rate is made of three increments. */
const WINDOW = 3;
const MOST_MINUTES = 60;

export function playFlagger(traffic: Traffic): Ending {
  const meter = startMeter();
  let window: Sample[] = [];
  let [step, failed] = [0, 0];
  for (let tick = 1; tick <= MOST_MINUTES * SCRAPES_PER_MINUTE; tick += 1) {
    const sample = traffic.next(WEIGHTS[step] ?? 0, SCRAPE_SECONDS);
    meter.add(sample);
    window = [...window, sample].slice(-WINDOW);
    if (tick % SCRAPES_PER_MINUTE !== 0) continue;
    if (failed >= THRESHOLD) return meter.end("rolledBack");
    if (isBad(window)) failed += 1;
    else if (step === WEIGHTS.length - 1) return meter.end("promoted");
    else step += 1;
  }
  return meter.end("open");
}

/** No traffic is a failed look. */
function isBad(window: readonly Sample[]): boolean {
  const { requests, failures, over } = canaryOf(window);
  const fails = requests === 0 || failures > (1 - SUCCESS_RATE) * requests + 1e-9;
  return fails || !(histogramQuantile(requests, over, 0.99) <= P99_MS);
}
