/**
 * The policies on synthetic traffic come to what the reference's simulator came to (medians of 2,000 releases, 500 of the peers'
 * and 300 of Kayenta's): within a fifth, or two requests.
 */
import { expect, test } from "vitest";
import { playCell } from "../../../src/sim/arms/cell.ts";
import type { PolicyName } from "../../../src/sim/arms/policies/index.ts";
import { isShifted } from "../../../src/sim/arms/policies/kayenta.ts";
import { histogramQuantile } from "../../../src/sim/arms/policies/quantile.ts";
import { BOUNDS, createTraffic, GOOD_SETTING, type Setting } from "../../../src/sim/arms/traffic.ts";
import { seededRandom } from "../../../src/sim/kube/random.ts";

const change = (requestsPerSecond: number, stable: number, canary: number): Partial<Setting> => ({ requestsPerSecond, stable, canary });

test.each<[PolicyName, Partial<Setting>, number]>([
  ["guard", change(50, 0.001, 0.01), 12],
  ["guard", change(50, 0.01, 0.1), 16],
  ["guard", change(50, 0.001, 0.5), 23],
  ["guard", change(500, 0.01, 0.1), 47],
  ["guard", { ...change(50, 0.01, 0.1), noise: "moderate" }, 54],
  ["oracle", change(50, 0.01, 0.1), 6],
  ["oracle", change(500, 0.001, 0.5), 187],
  ["Flagger", change(50, 0.01, 0.1), 90],
  ["Flagger", change(50, 0.005, 0.02), 39],
  ["Argo .95", change(50, 0.001, 0.5), 300],
  ["Argo .99", change(50, 0.005, 0.02), 18],
  ["Argo .99", change(500, 0.01, 0.1), 599],
  ["Kayenta", change(50, 0.01, 0.1), 74],
  ["Kayenta", change(500, 0.001, 0.5), 3_752],
])("%s finds %j with about %d failed requests", (policy, setting, expected) => {
  const { failures, rolledBack } = playCell({ policy, setting, releases: 200 });
  expect(rolledBack).toBeGreaterThan(0.97);
  expect(Math.abs(failures - expected)).toBeLessThanOrEqual(Math.max(2, expected / 5));
});

test.each<[PolicyName, Partial<Setting>, number, number]>([
  ["guard", {}, 0, 0.01],
  ["guard", { noise: "severe" }, 0, 0.03],
  ["guard", { noise: "moderate", requestsPerSecond: 500 }, 0, 0.02],
  ["Flagger", { stable: 0.01, canary: 0.01 }, 0.2, 0.45],
  ["Argo .99", { stable: 0.01, canary: 0.01 }, 0.9, 1],
  ["Argo .95", {}, 0, 0.01],
  ["Kayenta", {}, 0, 0.04],
])("%s refuses good releases (%j) in %d to %d of the cases", (policy, setting, least, most) => {
  const { rolledBack } = playCell({ policy, setting, releases: 300 });
  expect(rolledBack).toBeGreaterThanOrEqual(least);
  expect(rolledBack).toBeLessThanOrEqual(most);
});

test("the guard finds what thresholds do not: half as slow again", () => {
  const setting = { stable: 0.002, canary: 0.002, latencyRatio: 1.5 };
  const guard = playCell({ policy: "guard", setting, releases: 100 });
  expect(guard.rolledBack).toBe(1);
  expect(guard.requests).toBeLessThan(250);
  expect(playCell({ policy: "Flagger", setting, releases: 100 }).rolledBack).toBeLessThan(0.3);
});

test("shorter scrapes react sooner, and find no more than chance in a good release", () => {
  const setting = change(500, 0.001, 0.5);
  const [slow, fast] = [15, 2].map((scrapeSeconds) => playCell({ policy: "guard", setting, releases: 50, scrapeSeconds }));
  expect(fast?.failures).toBeLessThan((slow?.failures ?? 0) / 3);
  expect(playCell({ policy: "guard", setting: {}, releases: 60, scrapeSeconds: 2 }).rolledBack).toBeLessThan(0.03);
});

test("the same seed plays the same releases", () => {
  const cell = { policy: "guard", setting: { noise: "severe" }, releases: 20, seed: 5 } as const;
  expect(playCell(cell)).toEqual(playCell(cell));
  expect(playCell(cell)).not.toEqual(playCell({ ...cell, seed: 6 }));
});

test("traffic: shares, rates and latencies are what was asked for", () => {
  const traffic = createTraffic({ ...GOOD_SETTING, requestsPerSecond: 1_000, canary: 0.05, latencyRatio: 2 }, seededRandom(3));
  const { canary, stable } = traffic.next(0.2, 100);
  expect(canary.requests / (canary.requests + stable.requests)).toBeCloseTo(0.2, 1);
  expect(canary.failures / canary.requests).toBeCloseTo(0.05, 2);
  expect(stable.failures / stable.requests).toBeCloseTo(0.005, 2);
  const slower = (bound: number) => BOUNDS.indexOf(bound);
  // P(L > 200) of a lognormal with median 80 and 160, sigma 0.6: 6.3 % and 35.5 %.
  expect((stable.over[slower(200)] ?? 0) / stable.requests).toBeCloseTo(0.063, 2);
  expect((canary.over[slower(200)] ?? 0) / canary.requests).toBeCloseTo(0.355, 1);
});

test("quantiles as Prometheus interpolates them", () => {
  const over = [50, 20, 10, 5, 1, 0, 0, 0];
  expect(histogramQuantile(100, over, 0.5)).toBe(50);
  expect(histogramQuantile(100, over, 0.65)).toBeCloseTo(75);
  expect(histogramQuantile(100, over, 0.97)).toBeCloseTo(350);
  expect(histogramQuantile(0, over, 0.99)).toBeNaN();
  expect(
    histogramQuantile(
      100,
      BOUNDS.map(() => 100),
      0.5,
    ),
  ).toBe(2000);
});

test("a shift is found where it is larger than the tolerance and not by chance", () => {
  const around = (middle: number) => Array.from({ length: 15 }, (_, i) => middle + ((i * 7) % 15) / 100);
  expect(isShifted(around(2), around(1))).toBe(true);
  expect(isShifted(around(1), around(1))).toBe(false);
  expect(isShifted(around(1), around(2))).toBe(false);
  expect(isShifted([], around(1))).toBe(false);
  expect(isShifted([2, 2], [1])).toBe(false);
});
