/**
 * As Kayenta judges: every five minutes all minutes so far of canary and baseline, failure rate and P99, by the Mann-Whitney test
 * at 98 % with a tolerance of a quarter of the shift between them (figures: its NetflixACAJudge).
 */
import { type Ending, median, startMeter } from "../ending.ts";
import type { Arm, Sample, Traffic } from "../traffic.ts";
import { SCRAPE_SECONDS, SCRAPES_PER_MINUTE, WEIGHTS } from "./ladder.ts";
import { histogramQuantile } from "./quantile.ts";
import { canaryOf, stableOf } from "./window.ts";

const STEP_MINUTES = 5;
const CONFIDENCE_Z = 2.326_347_9;
const TOLERANCE = 0.25;

export function playKayenta(traffic: Traffic): Ending {
  const meter = startMeter();
  const minutes: { readonly canary: Arm; readonly stable: Arm }[] = [];
  let samples: Sample[] = [];
  const perStep = STEP_MINUTES * SCRAPES_PER_MINUTE;
  for (let tick = 1; tick <= perStep * WEIGHTS.length; tick += 1) {
    const sample = traffic.next(WEIGHTS[Math.floor((tick - 1) / perStep)] ?? 0, SCRAPE_SECONDS);
    meter.add(sample);
    samples.push(sample);
    if (tick % SCRAPES_PER_MINUTE === 0) {
      minutes.push({ canary: canaryOf(samples), stable: stableOf(samples) });
      samples = [];
    }
    if (tick % perStep === 0 && (isHigher(minutes, failureRate) || isHigher(minutes, p99))) return meter.end("rolledBack");
  }
  return meter.end("promoted");
}

const failureRate = ({ requests, failures }: Arm) => (requests > 0 ? failures / requests : Number.NaN);
const p99 = ({ requests, over }: Arm) => histogramQuantile(requests, over, 0.99);

function isHigher(minutes: readonly { canary: Arm; stable: Arm }[], measure: (arm: Arm) => number): boolean {
  const known = (values: number[]) => values.filter((value) => !Number.isNaN(value));
  return isShifted(known(minutes.map(({ canary }) => measure(canary))), known(minutes.map(({ stable }) => measure(stable))));
}

/** Is the canary's location above the baseline's by more than the tolerance, surely so? */
export function isShifted(canary: readonly number[], baseline: readonly number[]): boolean {
  if (canary.length === 0 || baseline.length === 0 || mean(canary) <= mean(baseline)) return false;
  const shift = median(canary.flatMap((x) => baseline.map((y) => x - y)));
  const tolerated = TOLERANCE * Math.abs(shift);
  const z = rankSum(
    canary.map((x) => x - tolerated),
    baseline,
  );
  return z !== undefined && z > CONFIDENCE_Z;
}

/** Standardised Mann-Whitney statistic with ties and a continuity correction; undefined where all values are the same. */
function rankSum(xs: readonly number[], ys: readonly number[]): number | undefined {
  const [m, n] = [xs.length, ys.length];
  const { rankOf, ties } = ranks([...xs, ...ys]);
  const excess = xs.reduce((sum, x) => sum + (rankOf.get(x) ?? 0), 0) - (m * (m + 1)) / 2 - (m * n) / 2;
  const all = m + n;
  const variance = ((m * n) / 12) * (all + 1 - ties / (all * (all - 1)));
  return variance > 0 ? (excess - Math.sign(excess) * 0.5) / Math.sqrt(variance) : undefined;
}

/** Mean ranks from 1, and the sum of t^3 - t over the groups of equal values. */
function ranks(values: readonly number[]): { readonly rankOf: ReadonlyMap<number, number>; readonly ties: number } {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const rankOf = new Map<number, number>();
  let [below, ties] = [0, 0];
  for (const [value, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    rankOf.set(value, below + (count + 1) / 2);
    ties += count ** 3 - count;
    below += count;
  }
  return { rankOf, ties };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
