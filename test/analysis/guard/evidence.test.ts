/**
 * Why the figures hold: E[e] <= 1 under the hypothesis for any counts and any rate of stable's, by the closed form of the
 * expectation of a product of binomials, E[e^(base + up X + down Y)] = e^base (1 + p (e^up - 1))^n (1 + q (e^down - 1))^m.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absoluteBet, absoluteLogE } from "../../../src/analysis/guard/absolute.ts";
import { advanceLogE, betOf } from "../../../src/analysis/guard/advance.ts";
import type { Counts } from "../../../src/analysis/guard/counts.ts";
import { rollbackLogE } from "../../../src/analysis/guard/evidence.ts";
import { counts } from "./releases.ts";

const ROUNDING = 1e-12;

/** ln E[e] where the canary's rate is `pc` and stable's `ps`; of any ln e that is linear in the bad counts. */
function logMean(logE: (counts: Counts) => number, nc: number, ns: number, pc: number, ps: number): number {
  const base = logE(counts(nc, 0, ns, 0));
  const up = logE(counts(nc, 1, ns, 0)) - base;
  const down = logE(counts(nc, 0, ns, 1)) - base;
  return base + nc * Math.log1p(pc * Math.expm1(up)) + ns * Math.log1p(ps * Math.expm1(down));
}

const requests = fc.integer({ min: 1, max: 5_000 });
const rate = fc.double({ min: 0, max: 1, noNaN: true });

describe("evidence for a rollback", () => {
  function largest(nc: number, ns: number, ratio: number, rho: number, absolute: number, reference: number): number {
    const logE = (c: Counts) => rollbackLogE(c, ratio, { ratio: rho, absolute, reference });
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 400; i++) {
      const ps = (i / 400) ** 2;
      most = Math.max(most, logMean(logE, nc, ns, Math.min(1, rho * ps + absolute), ps));
    }
    return most;
  }

  it("is worth at most 1 on average while the canary is harmless: 201,600 cases", () => {
    let most = Number.NEGATIVE_INFINITY;
    const traffic = [
      [1, 9],
      [5, 95],
      [38, 712],
      [375, 375],
      [3750, 3750],
      [7, 7493],
      [900, 100],
    ] as const;
    const tolerances = [
      [1.05, 0.0002],
      [1.3, 0.002],
      [2, 0],
    ] as const;
    for (const [nc, ns] of traffic)
      for (const ratio of [1.3, 2, 4, 20])
        for (const [rho, absolute] of tolerances)
          for (const reference of [0, 0.002, 0.06, 0.35, 0.6, 0.9]) most = Math.max(most, largest(nc, ns, ratio, rho, absolute, reference));
    expect(most).toBeLessThanOrEqual(ROUNDING);
  });

  it("and so with any counts, tolerance, reference rate and rate of stable's", () => {
    const tolerance = fc.record({
      ratio: fc.double({ min: 1, max: 20, noNaN: true }),
      absolute: fc.double({ min: 0, max: 0.2, noNaN: true }),
      reference: fc.double({ min: 0, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(requests, requests, fc.double({ min: 1.01, max: 50, noNaN: true }), tolerance, rate, (nc, ns, ratio, against, ps) => {
        const pc = Math.min(1, against.ratio * ps + against.absolute);
        expect(logMean((c) => rollbackLogE(c, ratio, against), nc, ns, pc, ps)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 2_000 },
    );
  });

  it("grows with every failure of the canary and falls with every one of stable's", () => {
    const tolerance = { ratio: 1.05, absolute: 0.0002, reference: 0.06 };
    fc.assert(
      fc.property(requests, requests, fc.nat(100), fc.nat(100), (nc, ns, xc, xs) => {
        const now = rollbackLogE(counts(nc, xc, ns, xs), 2, tolerance);
        expect(rollbackLogE(counts(nc, xc + 1, ns, xs), 2, tolerance)).toBeGreaterThan(now);
        expect(rollbackLogE(counts(nc, xc, ns, xs + 1), 2, tolerance)).toBeLessThan(now);
      }),
    );
  });

  it.each([counts(0, 0, 100, 5), counts(100, 5, 0, 0), counts(0, 0, 0, 0)])("is 0 where nothing can be compared", (nothing) => {
    expect(rollbackLogE(nothing, 2, { ratio: 1.05, absolute: 0.0002, reference: 0.3 })).toBe(0);
    expect(betOf(nothing, 0.5, { ratio: 1.25, margin: 0.01 })).toEqual({ logE: 0, slope: 0 });
  });
});

describe("evidence that a step may end", () => {
  it("is worth at most 1 on average while the canary is worse than the margin", () => {
    const against = fc.record({
      ratio: fc.double({ min: 1, max: 5, noNaN: true }),
      margin: fc.double({ min: 0.001, max: 0.25, noNaN: true }),
    });
    fc.assert(
      fc.property(requests, requests, fc.double({ min: 0.01, max: 3, noNaN: true }), against, rate, (nc, ns, gain, margin, part) => {
        const ps = (part * (1 - margin.margin)) / margin.ratio;
        const pc = margin.ratio * ps + margin.margin;
        expect(logMean((c) => advanceLogE(c, gain, margin), nc, ns, pc, ps)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 2_000 },
    );
  });

  it("grows by its slope with each point of margin", () => {
    const some = counts(40, 1, 700, 5);
    const [less, more] = [0.01, 0.03].map((margin) => betOf(some, 0.5, { ratio: 1.25, margin }));
    expect(more!.logE - less!.logE).toBeCloseTo(0.02 * less!.slope, 12);
  });
});

describe("evidence against a written limit", () => {
  it("is worth at most 1 on average while the limit is kept, and that for it while it is broken", () => {
    const limit = fc.double({ min: 0.0001, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(requests, limit, fc.double({ min: 1.01, max: 50, noNaN: true }), rate, (n, most, ratio, part) => {
        expect(logMean((c) => absoluteLogE(c, ratio, most), n, 0, part * most, 0)).toBeLessThanOrEqual(1e-9);
        const broken = most + part * (1 - most);
        expect(logMean((c) => absoluteBet(c, ratio / 20, most).logE, n, 0, broken, 0)).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 2_000 },
    );
  });
});
