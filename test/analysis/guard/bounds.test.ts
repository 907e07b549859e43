import { describe, expect, it } from "vitest";
import { chooseBounds } from "../../../src/analysis/guard/bounds.ts";

const LINKERD = [1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000, 30_000];

/** P(latency > bound), lognormal around `medianMs`; `sigma` of its logarithm. */
function survival(bound: number, medianMs: number, sigma: number): number {
  const z = Math.log(bound / medianMs) / sigma;
  // Abramowitz & Stegun 26.2.17
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    (0.31938153 * t - 0.356563782 * t ** 2 + 1.781477937 * t ** 3 - 1.821255978 * t ** 4 + 1.330274429 * t ** 5);
  return z > 0 ? tail : 1 - tail;
}

function stable(le: readonly number[], medianMs: number, sigma = 0.6, answers = 30_000) {
  return { answers, over: le.map((bound) => Math.round(answers * survival(bound, medianMs, sigma))) };
}

describe("the bounds that are judged", () => {
  it("with Linkerd's buckets and a 99th percentile of 323 ms: 100, 200, 300, 400 ms, and 50 ms as their neighbour", () => {
    expect(chooseBounds(LINKERD, stable(LINKERD, 80))).toEqual([50, 100, 200, 300, 400]);
  });

  it("are at most six, the outer ones among them", () => {
    const fine = Array.from({ length: 60 }, (_, i) => 10 * (i + 1));
    const chosen = chooseBounds(fine, stable(fine, 80));
    expect(chosen).toHaveLength(7);
    expect(chosen[0]).toBe(chosen[1]! - 10);
    expect(chosen[1]).toBe(80);
    expect(chosen.at(-1)).toBe(450);
    expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
  });

  it("are three where fewer fit: the next higher ones, where a slower canary shows", () => {
    expect(chooseBounds(LINKERD, stable(LINKERD, 2.5, 0.05))).toEqual([2, 3, 4, 5]);
    expect(chooseBounds(LINKERD, stable(LINKERD, 80, 0.2))).toEqual([50, 100, 200, 300]);
  });

  it("are the next lower ones where no higher are left", () => {
    expect(chooseBounds([10, 20, 30, 40, 50], stable([10, 20, 30, 40, 50], 45, 0.1))).toEqual([20, 30, 40, 50]);
    expect(chooseBounds([10, 20, 30], stable([10, 20, 30], 500))).toEqual([10, 20, 30]);
  });

  it.each<[string, readonly number[], number]>([
    ["a histogram without bounds", [], 100],
    ["a single bound, which has no neighbour", [100], 100],
    ["stable without an answer", LINKERD, 0],
  ])("are none with %s", (_, le, answers) => {
    expect(chooseBounds(le, { answers, over: le.map(() => 0) })).toEqual([]);
  });

  it("are found with few answers, too", () => {
    expect(chooseBounds(LINKERD, { answers: 3, over: LINKERD.map((bound) => (bound < 100 ? 3 : 0)) })).toEqual([50, 100, 200, 300]);
  });
});
