/** What people are told, and the two parts of the guard that the vectors leave out: the choice of bounds, and the form without stable. */
import { describe, expect, test } from "vitest";
import { chooseBounds } from "../../../src/analysis/guard/bounds.ts";
import { absoluteEvidence } from "../../../src/analysis/guard/evidence.ts";
import { type GuardOutcome, type GuardScrape, stepGuard } from "../../../src/analysis/guard/guard.ts";
import { GUARD_DEFAULTS } from "../../../src/analysis/guard/params.ts";
import { nameOf, reportOf } from "../../../src/analysis/guard/report.ts";
import { type GuardPlan, startGuard } from "../../../src/analysis/guard/state.ts";

const PLAN: GuardPlan = { weights: [0.05, 0.2], bounds: [], clientErrors: false, params: GUARD_DEFAULTS };

function play(...scrapes: readonly (readonly [xc: number, xs: number])[]): GuardOutcome {
  let state = startGuard(PLAN, { requests: 30_000, failures: 150, rate: 50, answers: 0, over: [] });
  let outcome: GuardOutcome | undefined;
  for (const [xc, xs] of scrapes) {
    const scrape: GuardScrape = { seconds: 15, failures: { nc: 38, xc, ns: 712, xs } };
    outcome = stepGuard(PLAN, state, scrape);
    ({ state } = outcome);
  }
  if (outcome === undefined) throw new Error("no scrape");
  return outcome;
}

describe("what people are told", () => {
  test("a canary that fails: odds, the cut share, and that a rollback takes agreeing evidence", () => {
    const outcome = play([9, 4], [8, 3]);
    const report = reportOf(PLAN, outcome);
    expect(report).toMatchObject({ stream: "failures", limit: 100, e: outcome.e });
    expect(report.odds).toBeGreaterThan(1_000);
    expect(report.cuts).toBeGreaterThan(3);
    expect(report.share).toBe(Math.max(0.001, 0.05 / 2 ** report.cuts));
    // E grew for 30 s of the 80 that it needs.
    expect(report.earliestRollbackSeconds).toBeGreaterThan(40);
    expect(report.earliestRollbackSeconds).toBeLessThanOrEqual(60);
    expect(report.pValue).toBeCloseTo(1 / outcome.state.mostE);
  });

  test("without new failures the full share is back when it was said to be", () => {
    let outcome = play([9, 4]);
    const { fullShareSeconds, cuts } = reportOf(PLAN, outcome);
    expect(cuts).toBeGreaterThan(0);
    let waited = 0;
    for (; outcome.state.cuts > 0; waited += 1) {
      const quiet: GuardScrape = { seconds: 1, failures: { nc: 0, xc: 0, ns: 50, xs: 0 } };
      outcome = stepGuard(PLAN, outcome.state, quiet);
    }
    expect(waited).toBeGreaterThanOrEqual(Math.floor(fullShareSeconds));
    expect(waited).toBeLessThanOrEqual(Math.ceil(fullShareSeconds) + 1);
    expect(reportOf(PLAN, outcome).fullShareSeconds).toBe(0);
  });

  test("a good canary: how much of the evidence that ends the step is there, and how long the rest takes", () => {
    const early = reportOf(PLAN, play([0, 4], [0, 3], [0, 4]));
    expect(early.advanced).toBeGreaterThan(0);
    expect(early.advanced).toBeLessThan(1);
    expect(early.advanceSeconds).toBeGreaterThan(0);
    const scrapes = Math.ceil((early.advanceSeconds ?? 0) / 15);
    const later = reportOf(PLAN, play(...Array.from({ length: 3 + Math.floor(scrapes / 2) }, () => [0, 4] as const)));
    expect(later.advanced).toBeGreaterThan(early.advanced);
  });

  test("nothing was seen yet: no pace", () => {
    const state = startGuard(PLAN);
    const outcome = stepGuard(PLAN, state, { seconds: 15, failures: { nc: 0, xc: 0, ns: 0, xs: 0 } });
    expect(reportOf(PLAN, outcome)).toMatchObject({ advanced: 0, advanceSeconds: undefined, odds: 1, cuts: 0, pValue: 1, share: 0.05 });
  });

  test("streams by name", () => {
    const plan = { ...PLAN, bounds: [50, 100, 200], clientErrors: true };
    expect([0, 1, 2, 3].map((stream) => nameOf(plan, stream))).toEqual(["failures", "client errors", "over 100 ms", "over 200 ms"]);
  });
});

describe("the choice of bounds", () => {
  const linkerd = [10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1_000];

  test("those where a useful part of stable's answers is slower, and the neighbour below", () => {
    const survival = [1, 1, 0.99, 0.96, 0.78, 0.355, 0.063, 0.0138, 0.0037, 0.0011, 0];
    expect(chooseBounds(linkerd, survival)).toEqual([50, 100, 200, 300, 400]);
  });

  test("at most six, spread over all that tell something", () => {
    const chosen = chooseBounds(linkerd, [1, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003]);
    expect(chosen).toHaveLength(7);
    expect([chosen[0], chosen[1], chosen.at(-1)]).toEqual([10, 20, 1_000]);
    expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
  });

  test("none where nothing tells: everything in one bucket, or no answers", () => {
    expect(
      chooseBounds(
        linkerd,
        linkerd.map(() => 0),
      ),
    ).toEqual([]);
    expect(
      chooseBounds(
        linkerd,
        linkerd.map(() => 1),
      ),
    ).toEqual([]);
    expect(chooseBounds([], [])).toEqual([]);
  });
});

describe("without stable traffic", () => {
  test("at the limit it is an e-value: the product of expectations is at most 1", () => {
    for (const limit of [0.001, 0.01, 0.1]) {
      for (const ratio of [1.5, 2.5, 6, 20]) {
        const one = absoluteEvidence({ nc: 1, xc: 1 }, ratio, limit);
        const none = absoluteEvidence({ nc: 1, xc: 0 }, ratio, limit);
        expect(limit * Math.exp(one) + (1 - limit) * Math.exp(none)).toBeLessThanOrEqual(1 + 1e-12);
      }
    }
  });

  test("failures speak, answers reassure, nobody says nothing", () => {
    expect(absoluteEvidence({ nc: 100, xc: 20 }, 6, 0.01)).toBeGreaterThan(5);
    expect(absoluteEvidence({ nc: 1_000, xc: 0 }, 2.5, 0.01)).toBeLessThan(-5);
    expect(absoluteEvidence({ nc: 0, xc: 0 }, 2.5, 0.01)).toBe(0);
  });
});
