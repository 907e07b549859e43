/** Releases with modifiers: steps, scrapes, whole histories. Times in seconds. */
import fc from "fast-check";
import type { Counts } from "../../../src/analysis/guard/counts.ts";
import { type Observed, observe } from "../../../src/analysis/guard/observe.ts";
import { DEFAULT_PARAMS, type GuardConfig, type GuardParams } from "../../../src/analysis/guard/params.ts";
import type { GuardScrape } from "../../../src/analysis/guard/scrape.ts";
import { type GuardState, type StableHistory, startState } from "../../../src/analysis/guard/state.ts";
import { type Decided, step } from "../../../src/analysis/guard/step.ts";

export const BOUNDS = [50, 100, 200, 300, 400];
export const CONFIG: GuardConfig = { params: DEFAULT_PARAMS, steps: [0.05, 0.1, 0.2, 0.5].map((weight) => ({ weight })) };
/** 50 requests/s of which 0.5 % fail; latencies with a median of 80 ms and a 99th percentile of 323 ms. */
export const HISTORY: StableHistory = { requests: 30_000, failures: 150, rate: 50, answers: 6_000, over: [4_690, 2_130, 380, 83, 22] };

interface Start {
  readonly clientErrors?: boolean;
  readonly bounds?: readonly number[];
  readonly history?: StableHistory;
  readonly params?: GuardParams;
}

export function fresh({ clientErrors = false, bounds = [], params = DEFAULT_PARAMS, ...more }: Start = {}): GuardState {
  const { history = { ...HISTORY, over: bounds.length > 0 ? HISTORY.over : [] } } = more;
  return startState(params, { clientErrors, bounds }, history);
}

export function counts(nc: number, xc: number, ns: number, xs: number): Counts {
  return { nc, xc, ns, xs };
}

/** A scrape of 15 s with failures alone, at 5 %. */
export function failing(nc = 38, xc = 0, ns = 712, xs = 4, seconds = 15): GuardScrape {
  return { seconds, failures: counts(nc, xc, ns, xs) };
}

/** What is left after the release's last scrape, with every outcome on the way. Refused scrapes are an error here. */
export function played(config: GuardConfig, from: GuardState, scrapes: readonly GuardScrape[]) {
  const outcomes: Decided[] = [];
  let state = from;
  for (const scrape of scrapes) {
    if (state.ended !== null) break;
    const stepped = step(config, state, scrape);
    if (!stepped.ok) throw new Error(`refused: ${stepped.refusal.reason}`);
    state = stepped.state;
    outcomes.push(stepped.outcome);
  }
  return { state, outcomes };
}

export function observed(config: GuardConfig, state: GuardState, scrape: GuardScrape): Extract<Observed, { ok: true }> {
  const result = observe(config, state, scrape);
  if (!result.ok) throw new Error(`refused: ${result.refusal.reason}`);
  return result;
}

/** Requests, of which a part that is mostly small is bad. */
const badOf = (requests: number) => fc.tuple(fc.nat(100), fc.nat(100)).map(([a, b]) => Math.floor((requests * a * a * b) / 1_000_000));

const arm = fc.nat(400).chain((requests) =>
  fc.record({
    requests: fc.constant(requests),
    failures: badOf(requests),
    clientErrors: badOf(requests),
    over: fc
      .tuple(...BOUNDS.map(() => fc.nat(100)))
      .map((parts) => parts.map((_, i) => Math.floor(parts.slice(0, i + 1).reduce((left, part) => (left * part) / 100, requests)))),
  }),
);

/** Any scrape of 1 to 40 s, with all streams. */
export const anyScrape: fc.Arbitrary<GuardScrape> = fc
  .record({ seconds: fc.integer({ min: 1, max: 40 }), canary: arm, stable: arm })
  .map(({ seconds, canary, stable }) => ({
    seconds,
    failures: counts(canary.requests, canary.failures, stable.requests, stable.failures),
    clientErrors: counts(canary.requests, canary.clientErrors, stable.requests, stable.clientErrors),
    latency: { nc: canary.requests, ns: stable.requests, overCanary: canary.over, overStable: stable.over },
  }));

export const anyHistory = fc.array(anyScrape, { maxLength: 40 });
