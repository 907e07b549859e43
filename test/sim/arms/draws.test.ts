/** Means and variances of the draws, from one seed: five standard errors wide. */
import { expect, test } from "vitest";
import { binomial, factor, gamma, lognormal, normal, poisson, type Random } from "../../../src/sim/arms/draws.ts";
import { seededRandom } from "../../../src/sim/kube/random.ts";

const N = 40_000;

function moments(draw: (random: Random) => number): { mean: number; variance: number } {
  const random = seededRandom(7);
  const values = Array.from({ length: N }, () => draw(random));
  const mean = values.reduce((sum, value) => sum + value, 0) / N;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / N };
}

test.each<[string, (random: Random) => number, number, number]>([
  ["normal", normal, 0, 1],
  ["poisson, few", (random) => poisson(random, 3.5), 3.5, 3.5],
  ["poisson, many", (random) => poisson(random, 400), 400, 400],
  ["binomial, few", (random) => binomial(random, 750, 0.005), 3.75, 3.73],
  ["binomial, more than half", (random) => binomial(random, 20, 0.9), 18, 1.8],
  ["binomial, many", (random) => binomial(random, 7_500, 0.1), 750, 675],
  ["gamma", (random) => gamma(random, 4, 0.25), 1, 0.25],
  ["gamma, below 1", (random) => gamma(random, 0.5, 2), 1, 2],
  ["a factor", (random) => factor(random, 0.5), 1, 0.25],
  ["lognormal", (random) => Math.log(lognormal(random, 0.1)), 0, 0.01],
])("%s", (_name, draw, mean, variance) => {
  const found = moments(draw);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / N) + 1e-9);
  expect(found.variance / variance).toBeGreaterThan(0.93);
  expect(found.variance / variance).toBeLessThan(1.07);
});

test.each([
  [0, 0.5],
  [10, 0],
  [10, -1],
])("no trials or no chance: %d, %d", (n, p) => {
  expect(binomial(seededRandom(1), n, p)).toBe(0);
});

test("certainty", () => {
  expect([binomial(seededRandom(1), 10, 1), poisson(seededRandom(1), 0), factor(seededRandom(1), 0)]).toEqual([10, 0, 1]);
});
