import { describe, expect, it } from "vitest";
import { fold } from "../../src/analysis/bins.ts";
import { successRate } from "../../src/analysis/tests/success-rate.ts";
import type { Verdict } from "../../src/api/status.ts";
import { policy, scrape, T0, type Traffic } from "./scrapes.ts";
import { analysisTestContract } from "./test-contract.ts";

analysisTestContract({
  test: successRate,
  policy: policy(),
  worse: (traffic) => ({ ...traffic, failures: Math.min(traffic.requests, (traffic.failures ?? 0) + 1) }),
});

function judged(canary: Traffic, stable: Traffic = { requests: 0 }, min = 0.99) {
  const state = fold(undefined, [scrape(10, canary, stable)], { limitsMs: [], since: T0 });
  return successRate.judge({ policy: policy({ successRateMin: min }), state, now: T0 + 10_000, since: T0 })[0];
}

describe("at 99 %", () => {
  it.each<[number, number, Verdict]>([
    [3, 3, "Fail"],
    [2, 2, "Inconclusive"],
    [4, 20, "Fail"],
    [3, 20, "Inconclusive"],
    [6, 50, "Fail"],
    [5, 50, "Inconclusive"],
    [10, 200, "Fail"],
    [9, 200, "Inconclusive"],
    [18, 600, "Fail"],
    [17, 600, "Inconclusive"],
    [0, 49, "Inconclusive"],
    [0, 50, "Pass"],
    [1, 100, "Pass"],
    [1, 99, "Inconclusive"],
    [2, 200, "Pass"],
    [10, 1_000, "Pass"],
    [11, 1_000, "Inconclusive"],
  ])("%i of %i failed: %s", (failures, requests, verdict) => {
    expect(judged({ requests, failures })?.verdict).toBe(verdict);
  });

  it("a canary at 98 % and little traffic is held, not rolled back", () => {
    expect(judged({ requests: 150, failures: 3 })?.verdict).toBe("Inconclusive");
  });

  it("no requests: NoData, although stable has many", () => {
    expect(judged({ requests: 0 }, { requests: 500 })).toMatchObject({ verdict: "NoData", stable: "100.00%" });
  });
});

it("rounding decides nothing: at the limit exactly it passes, whatever the limit", () => {
  for (const min of [0.9, 0.95, 0.99, 0.995, 0.999, 0.9999]) {
    const requests = 100_000;
    const failures = Math.round(requests * (1 - min));
    expect(judged({ requests, failures }, undefined, min)?.verdict).toBe("Pass");
    expect(judged({ requests, failures: failures + 1 }, undefined, min)?.verdict).toBe("Inconclusive");
  }
});

it("shows both versions, and what decided", () => {
  expect(judged({ requests: 594, failures: 41 }, { requests: 4_310, failures: 3 })).toEqual({
    name: "success-rate",
    verdict: "Fail",
    canary: "93.09%",
    stable: "99.93%",
    requests: { canary: 594, stable: 4_310 },
    why: "canary 41/594 failed, stable 3/4,310 failed: too many for at least 99%",
  });
  expect(judged({ requests: 12 })?.why).toBe("12 of at least 50 requests; canary 0/12 failed");
  expect(judged({ requests: 99_999, failures: 1 })?.canary).toBe("99.99%");
});
