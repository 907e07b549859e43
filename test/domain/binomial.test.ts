/** Tails against values computed with 60 exact digits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lowerTail, upperTail } from "../../src/domain/binomial.ts";

const RELATIVE = 1e-10;

function expectClose(actual: number, exact: number) {
  expect(Math.abs(actual / exact - 1)).toBeLessThan(RELATIVE);
}

describe("known tails", () => {
  it.each<[number, number, number, number]>([
    [3, 3, 0.01, 1e-6],
    [2, 2, 0.01, 1e-4],
    [4, 20, 0.01, 4.262092764244013e-5],
    [6, 50, 0.01, 1.0896832026558182e-5],
    [5, 50, 0.01, 0.00014568926807182695],
    [10, 200, 0.01, 4.014180884713409e-5],
    [18, 600, 0.01, 5.069104505295468e-5],
    [30, 100, 0.2, 0.011248978720991634],
    [500, 1000, 0.5, 0.5126125090891804],
    [60, 1000, 0.01, 1.8438279840122013e-27],
    [1_200, 100_000, 0.01, 3.812533101214588e-10],
    [10_500, 1_000_000, 0.01, 3.1585658792472284e-7],
    [500, 1_000_000, 0.0003, 3.731830946912186e-26],
  ])("P(X >= %i) of %i at %d", (k, n, p, exact) => {
    expectClose(upperTail(k, n, p), exact);
    expectClose(lowerTail(n - k, n, 1 - p), exact);
  });

  it("P(X <= 9500) of a million at 1 %", () => {
    expectClose(lowerTail(9_500, 1_000_000, 0.01), 2.087874169436086e-7);
  });
});

describe("tails in general", () => {
  const n = fc.integer({ min: 0, max: 3_000 });
  const p = fc.double({ min: 1e-4, max: 1 - 1e-4, noNaN: true });

  it("are complements, and fall with k", () => {
    fc.assert(
      fc.property(n, p, fc.double({ min: 0, max: 1, noNaN: true }), (size, rate, part) => {
        const k = Math.floor(part * (size + 1));
        expect(upperTail(k, size, rate) + lowerTail(k - 1, size, rate)).toBeCloseTo(1, 10);
        expect(upperTail(k + 1, size, rate)).toBeLessThanOrEqual(upperTail(k, size, rate) * (1 + 1e-12));
        expect(upperTail(k, size, rate)).toBeGreaterThanOrEqual(0);
        expect(upperTail(k, size, rate)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("equal the plain sum where that is exact enough", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), p, fc.integer({ min: 0, max: 20 }), (size, rate, k) => {
        let sum = 0;
        for (let i = k; i <= size; i++) sum += choose(size, i) * rate ** i * (1 - rate) ** (size - i);
        expect(upperTail(k, size, rate)).toBeCloseTo(sum, 11);
      }),
    );
  });

  it("have plain edges", () => {
    expect([upperTail(0, 10, 0.1), upperTail(11, 10, 0.1), upperTail(1, 10, 0), upperTail(10, 10, 1)]).toEqual([1, 0, 0, 1]);
    expect([lowerTail(10, 10, 0.1), lowerTail(-1, 10, 0.1), lowerTail(9, 10, 1), lowerTail(0, 10, 0)]).toEqual([1, 0, 0, 1]);
    expect([upperTail(0, 0, 0.5), lowerTail(0, 0, 0.5)]).toEqual([1, 1]);
  });

  function choose(size: number, k: number): number {
    let result = 1;
    for (let i = 1; i <= k; i++) result = (result * (size - k + i)) / i;
    return result;
  }
});
