/** What must hold of the guard for any traffic. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Counts } from "../../../src/analysis/guard/counts.ts";
import { advanceEvidence, rollbackEvidence } from "../../../src/analysis/guard/evidence.ts";
import { type GuardOutcome, type GuardScrape, scrapeProblem, stepGuard } from "../../../src/analysis/guard/guard.ts";
import { GUARD_DEFAULTS } from "../../../src/analysis/guard/params.ts";
import { type Baseline, type GuardPlan, type GuardState, startGuard } from "../../../src/analysis/guard/state.ts";

const PLAN: GuardPlan = {
  weights: [0.05, 0.1, 0.2, 0.5],
  bounds: [50, 100, 200, 300],
  clientErrors: true,
  params: GUARD_DEFAULTS,
};
const BASELINE: Baseline = { requests: 30_000, failures: 90, rate: 50, answers: 30_000, over: [23_000, 10_700, 1_900, 420] };

const part = (most: number) => fc.integer({ min: 0, max: most });

/** Bad ones are few or many of the requests. */
const counts = (nc: number, ns: number): fc.Arbitrary<Counts> =>
  fc.record({ xc: part(nc), xs: part(ns) }).map(({ xc, xs }) => ({ nc, xc, ns, xs }));

const scrape: fc.Arbitrary<GuardScrape> = fc
  .record({ nc: part(60), ns: part(900), seconds: fc.integer({ min: 1, max: 30 }) })
  .chain(({ nc, ns, seconds }) =>
    fc.record({
      seconds: fc.constant(seconds),
      failures: fc.oneof(counts(nc, ns), fc.constant({ nc, xc: 0, ns, xs: 0 })),
      clientErrors: fc.constant({ nc, xc: 0, ns, xs: 0 }),
      slow: fc.tuple(counts(nc, ns), counts(nc, ns), counts(nc, ns), counts(nc, ns)).map((of) => [...of]),
    }),
  );
const scrapes = fc.array(scrape, { minLength: 1, maxLength: 25 });

/** Until the end of the release, or of the scrapes. */
function play(list: readonly GuardScrape[], start: GuardState = startGuard(PLAN, BASELINE)): GuardOutcome[] {
  const outcomes: GuardOutcome[] = [];
  let state = start;
  for (const one of list) {
    if (state.ended) break;
    const outcome = stepGuard(PLAN, state, one);
    outcomes.push(outcome);
    ({ state } = outcome);
  }
  return outcomes;
}

describe("evidence is valid", () => {
  /** ln E[e] when the canary's requests are bad with probability pc and stable's with ps, each by itself: a product. */
  const expectation = (nc: number, ns: number, ln: (counts: Counts) => number, pc: number, ps: number) => {
    const none = ln({ nc, xc: 0, ns, xs: 0 });
    const canary = ln({ nc, xc: 1, ns, xs: 0 }) - none;
    const stable = ln({ nc, xc: 0, ns, xs: 1 }) - none;
    return none + nc * Math.log1p(pc * Math.expm1(canary)) + ns * Math.log1p(ps * Math.expm1(stable));
  };
  const size = fc.integer({ min: 1, max: 8_000 });
  const rate = fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x ** 2);
  /** Of sums of thousands of terms. */
  const ROUNDING = 1e-9;

  test("for a rollback: at most 1 while the canary is within the tolerance", () => {
    const ratio = fc.constantFrom(1.3, 1.5, 2, 2.5, 4, 6, 20);
    const tolerance = fc.record({ ratio: fc.constantFrom(1.05, 1.3, 2), points: fc.constantFrom(0, 0.0002, 0.002, 0.05) });
    fc.assert(
      fc.property(
        size,
        size,
        ratio,
        tolerance,
        fc.constantFrom(0, 0.002, 0.06, 0.35, 0.6, 0.9),
        rate,
        (nc, ns, r, harmless, reference, ps) => {
          const pc = Math.min(1, harmless.ratio * ps + harmless.points);
          expect(expectation(nc, ns, (of) => rollbackEvidence(of, r, harmless, reference), pc, ps)).toBeLessThanOrEqual(ROUNDING);
        },
      ),
    );
  });

  test("to end a step: at most 1 while the canary is worse than the margin", () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom(0.15, 0.5, 1.5),
        fc.double({ min: 0.005, max: 0.1, noNaN: true }),
        rate,
        (nc, ns, gain, margin, ps) => {
          const pc = 1.25 * ps + margin;
          fc.pre(pc <= 1);
          expect(expectation(nc, ns, (of) => advanceEvidence(of, gain, 1.25, margin), pc, ps)).toBeLessThanOrEqual(ROUNDING);
        },
      ),
    );
  });
});

test("one more failed request of the canary never lowers the evidence of its scrape", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 9_000 }), fc.constantFrom(1.5, 2.5, 6, 20), (nc, ns, ratio) => {
      const evidence = (xc: number) => rollbackEvidence({ nc, xc, ns, xs: Math.floor(ns / 100) }, ratio, GUARD_DEFAULTS.failureTolerance);
      const few = Math.floor(nc / 3);
      expect(evidence(few + 1)).toBeGreaterThan(evidence(few));
    }),
  );
});

test("one more failed request of the canary in a first scrape never lowers E or doubt", () => {
  fc.assert(
    fc.property(scrape, (one) => {
      const { failures } = one;
      fc.pre(failures.xc < failures.nc);
      const [before] = play([one]);
      const [after] = play([{ ...one, failures: { ...failures, xc: failures.xc + 1 } }]);
      expect(after?.e).toBeGreaterThanOrEqual((before?.e ?? 0) - 1e-12);
      expect(after?.doubt).toBeGreaterThanOrEqual((before?.doubt ?? 0) - 1e-12);
    }),
  );
});

test("no data never passes and never condemns, for however long", () => {
  const nobody = { nc: 0, xc: 0, ns: 0, xs: 0 };
  const silent: GuardScrape = { seconds: 30, failures: nobody, clientErrors: nobody, slow: PLAN.bounds.map(() => nobody) };
  const alone: GuardScrape = {
    ...silent,
    failures: { ...nobody, ns: 900, xs: 3 },
    slow: PLAN.bounds.map(() => ({ ...nobody, ns: 900, xs: 3 })),
  };
  const patient: GuardPlan = { ...PLAN, params: { ...GUARD_DEFAULTS, maxStepSeconds: Number.POSITIVE_INFINITY } };
  fc.assert(
    fc.property(fc.array(fc.constantFrom(silent, alone), { minLength: 1, maxLength: 200 }), (list) => {
      let state = startGuard(patient, BASELINE);
      for (const one of list) {
        const outcome = stepGuard(patient, state, one);
        expect([outcome.decision, outcome.state.cuts]).toEqual(["running", 0]);
        expect(outcome.e).toBeCloseTo(1, 9);
        ({ state } = outcome);
      }
    }),
    { numRuns: 20 },
  );
});

test("a restart anywhere changes nothing", () => {
  fc.assert(
    fc.property(scrapes, fc.nat({ max: 24 }), (list, at) => {
      const whole = play(list);
      const before = play(list.slice(0, at));
      const stored = JSON.parse(JSON.stringify(before.at(-1)?.state ?? startGuard(PLAN, BASELINE))) as GuardState;
      expect([...before, ...play(list.slice(at), stored)]).toEqual(whole);
    }),
  );
});

test("what is remembered stays small: about 3 kB for five streams", () => {
  fc.assert(
    fc.property(scrapes, (list) => {
      const { state } = play(list).at(-1)!;
      expect(JSON.stringify(state).length).toBeLessThan(4_500);
    }),
  );
});

test("a scrape in two halves changes E by the noise factor alone", () => {
  const quiet: GuardPlan = { ...PLAN, params: { ...GUARD_DEFAULTS, noiseBlocks: 1e12 } };
  const half = { nc: 30, xc: 1, ns: 570, xs: 3 };
  const twice = { nc: 60, xc: 2, ns: 1_140, xs: 6 };
  const of = (seconds: number, counts: Counts): GuardScrape => ({
    ...{ seconds, failures: counts, clientErrors: { ...counts, xc: 0, xs: 0 } },
    slow: PLAN.bounds.map(() => ({ ...counts, xc: 0, xs: 0 })),
  });
  const start = { ...startGuard(quiet, BASELINE), scrapes: 1 };
  const one = stepGuard(quiet, start, of(10, twice));
  const two = stepGuard(quiet, stepGuard(quiet, start, of(5, half)).state, of(5, half));
  expect(two.streams[0]?.e).toBeCloseTo(one.streams[0]?.e ?? 0, 6);
});

test.each<[string, Partial<GuardScrape>, RegExp]>([
  ["more bad than there are", { failures: { nc: 3, xc: 4, ns: 9, xs: 0 } }, /4 bad of 3 canary/],
  ["of stable, too", { failures: { nc: 3, xc: 0, ns: 9, xs: 10 } }, /10 bad of 9 stable/],
  ["not a number", { failures: { nc: 3, xc: Number.NaN, ns: 9, xs: 0 } }, /xc is NaN/],
  ["a negative count", { clientErrors: { nc: 3, xc: 0, ns: -9, xs: -10 } }, /ns is -9/],
  ["endless", { failures: { nc: Number.POSITIVE_INFINITY, xc: 0, ns: 9, xs: 0 } }, /nc is Infinity/],
  ["other bounds", { slow: [] }, /0 counts of slow answers for 4 bounds/],
  ["no time", { seconds: 0 }, /seconds is 0/],
])("is no evidence, and said: %s", (_what, change, problem) => {
  const fine = { nc: 3, xc: 0, ns: 9, xs: 0 };
  const broken: GuardScrape = { seconds: 10, failures: fine, clientErrors: fine, slow: PLAN.bounds.map(() => fine), ...change };
  expect(scrapeProblem(PLAN, broken)).toMatch(problem);
  expect(() => stepGuard(PLAN, startGuard(PLAN), broken)).toThrow(RangeError);
});
