import { describe, expect, it } from "vitest";
import { cutsOf, shareOf, thousandthsOf } from "../../../src/analysis/guard/brake.ts";
import { DEFAULT_PARAMS, paramsOfAttempt } from "../../../src/analysis/guard/params.ts";

describe("the brake", () => {
  it.each([
    [1, 0],
    [50, 0],
    [99.9, 0],
    [100.1, 1],
    [401, 3],
    [6_401, 7],
  ])("at odds of %d:1 halves the share %i times", (odds, cuts) => {
    expect(cutsOf(Math.log(odds), DEFAULT_PARAMS)).toBe(cuts);
  });

  it("never, where it is off", () => {
    expect(cutsOf(1e9, { ...DEFAULT_PARAMS, brakeOdds: Number.POSITIVE_INFINITY })).toBe(0);
  });

  it.each([
    [0.05, 3, 0.00625, 6],
    [0.05, 0, 0.05, 50],
    [0.05, 40, 0.001, 1],
    [0.0005, 0, 0.0005, 1],
    [0.0005, 3, 0.0005, 1],
    [0.57, 0, 0.57, 570],
    [0.29, 0, 0.29, 290],
    [1, 0, 1, 1000],
  ])("of the weight %d, cut %i times: %d, written as %i thousandths", (weight, cuts, share, written) => {
    expect(shareOf(weight, cuts, DEFAULT_PARAMS)).toBe(share);
    expect(thousandthsOf(share)).toBe(written);
  });

  it("writes every whole percent as it is", () => {
    for (let percent = 1; percent <= 100; percent++) expect(thousandthsOf(percent / 100)).toBe(10 * percent);
  });
});

describe("attempts of one version", () => {
  it("halve alpha, so that all together stay below twice the first's", () => {
    const alphas = [0, 1, 2, 3, 4, 5].map((attempt) => paramsOfAttempt(DEFAULT_PARAMS, attempt).alpha);
    expect(alphas.map((alpha) => 1 / alpha)).toEqual([100, 200, 400, 800, 1600, 3200]);
    expect(alphas.reduce((sum, alpha) => sum + alpha)).toBeLessThan(2 * DEFAULT_PARAMS.alpha);
    expect(paramsOfAttempt(DEFAULT_PARAMS, 3)).toEqual({ ...DEFAULT_PARAMS, alpha: DEFAULT_PARAMS.alpha / 8 });
  });
});
