import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lowerTail, upperTail } from "../../../src/domain/binomial.ts";
import { seededRandom } from "../../../src/sim/kube/random.ts";
import type { PolicyRule } from "../../../src/sim/mesh/policy.ts";
import { isImpossible, pickBackend } from "../../../src/sim/mesh/split.ts";

const rule = (...weights: number[]): PolicyRule => ({
  route: { namespace: "lab", name: "web" },
  matches: [],
  backends: weights.map((weight, index) => ({ backend: { namespace: "lab", name: `v${index}`, port: 80 }, weight })),
});
const all = () => true;

describe("the split", () => {
  test("honours weights within the binomial's bounds", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (seed, a, b) => {
        const random = seededRandom(seed);
        const n = 2000;
        const split = rule(a, b);
        let second = 0;
        for (let i = 0; i < n; i += 1) second += Number(pickBackend(split, all, random) === split.backends[1]);
        const p = b / (a + b);
        expect(upperTail(second, n, p)).toBeGreaterThan(1e-9);
        expect(lowerTail(second, n, p)).toBeGreaterThan(1e-9);
      }),
      { numRuns: 50 },
    );
  });

  test("weight 0 beside a positive one gets nothing", () => {
    const split = rule(100, 0);
    const random = seededRandom(1);
    for (let i = 0; i < 1000; i += 1) expect(pickBackend(split, all, random)).toBe(split.backends[0]);
  });

  test("the share of an unavailable backend goes to the others", () => {
    const split = rule(1, 99);
    expect(pickBackend(split, (entry) => entry !== split.backends[1], seededRandom(1))).toBe(split.backends[0]);
  });

  test("a backend of weight 0 is no fall-back", () => {
    const split = rule(0, 100);
    expect(pickBackend(split, (entry) => entry !== split.backends[1], seededRandom(1))).toBeUndefined();
  });

  test("a lone backend ignores its weight", () => {
    const split = rule(0);
    expect(pickBackend(split, all, seededRandom(1))).toBe(split.backends[0]);
    expect(isImpossible(split)).toBe(false);
  });

  test("all weights zero is impossible", () => {
    expect(isImpossible(rule(0, 0))).toBe(true);
    expect(isImpossible(rule(0, 1))).toBe(false);
  });
});
