import { describe, expect, it } from "vitest";
import { fold } from "../../src/analysis/bins.ts";
import { latency } from "../../src/analysis/tests/latency.ts";
import type { Verdict } from "../../src/api/status.ts";
import { limit, policy, scrape, T0, type Traffic } from "./scrapes.ts";
import { analysisTestContract } from "./test-contract.ts";

analysisTestContract({
  test: latency,
  policy: policy({ latency: [limit(350)] }),
  worse: (traffic) => ({ ...traffic, slowest: Math.min(traffic.requests, (traffic.slowest ?? 0) + 1) }),
});

function judged(maxMs: number, canary: Traffic, stable: Traffic = { requests: 0 }, percentile = "99") {
  const used = policy({ latency: [limit(maxMs, percentile)] });
  const state = fold(undefined, [scrape(10, canary, stable)], { limitsMs: [maxMs], since: T0 });
  return latency.judge({ policy: used, state, now: T0 + 10_000, since: T0 })[0];
}

describe("a limit between two bounds (400 and 500 ms around 450, 200 and 300 around 250)", () => {
  it.each<[string, number, Traffic, Verdict]>([
    ["all fast", 450, { requests: 100 }, "Pass"],
    ["one of a hundred may be slow", 450, { requests: 100, slowest: 1 }, "Pass"],
    ["surely too many", 450, { requests: 200, slowest: 10 }, "Fail"],
    ["one fewer is not sure", 450, { requests: 200, slowest: 9 }, "Inconclusive"],
    ["between the bounds, nobody knows", 450, { requests: 200, slower: 200 }, "Inconclusive"],
    ["between the bounds, few enough", 450, { requests: 200, slower: 2 }, "Pass"],
    ["too few answers", 450, { requests: 49 }, "Inconclusive"],
    ["failed requests don't count", 450, { requests: 100, failures: 60 }, "Inconclusive"],
    ["only failed ones", 450, { requests: 100, failures: 100 }, "NoData"],
    ["above every bound: nothing is surely slower", 5000, { requests: 200, slowest: 200 }, "Inconclusive"],
    ["above every bound, all within the last", 5000, { requests: 200, slower: 200 }, "Pass"],
    ["below every bound: nothing is surely faster", 20, { requests: 200 }, "Inconclusive"],
    ["on a bound itself, nothing is between", 300, { requests: 200, slow: 200 }, "Pass"],
    ["on a bound itself, surely slower", 300, { requests: 200, slower: 10 }, "Fail"],
  ])("%s", (_, maxMs, canary, verdict) => {
    expect(judged(maxMs, canary)?.verdict).toBe(verdict);
  });
});

it("between the bounds: the status names both", () => {
  expect(judged(450, { requests: 1_200, slower: 300, slowest: 2 })?.why).toBe(
    "canary 302/1,200 slower than 400ms, 2 slower than 500ms: 1% may take longer than 450ms; the histogram has the bounds 400ms and 500ms around the limit and nothing between",
  );
  expect(judged(300, { requests: 200, slower: 9 })?.why).toBe(
    "canary 9/200 slower than 300ms: 1% may take longer than 300ms, not surely broken",
  );
});

it("shows what is surely within the limit, for both versions", () => {
  expect(judged(450, { requests: 200, slowest: 10 }, { requests: 4_000, slow: 30, slowest: 4 })).toEqual({
    name: "latency-p99",
    verdict: "Fail",
    canary: "95.00% within 400ms",
    stable: "99.90% within 400ms",
    requests: { canary: 200, stable: 4_000 },
    why: "canary 10/200 slower than 500ms: 1% may take longer than 450ms",
  });
});

it("the window reaches back until enough answers are in it, not requests", () => {
  const state = fold(undefined, [scrape(10, { requests: 60 }), scrape(200, { requests: 60, failures: 60 })], {
    limitsMs: [450],
    since: T0,
  });
  const check = latency.judge({ policy: policy({ latency: [limit(450)] }), state, now: T0 + 200_000, since: T0 })[0];
  expect(check).toMatchObject({ verdict: "Pass", requests: { canary: 60 } });
});

it("one check for each limit, each by its own counts", () => {
  const used = policy({ latency: [limit(450, "50"), limit(300, "99.9")] });
  const state = fold(undefined, [scrape(10, { requests: 100, slower: 40 })], { limitsMs: [450, 300], since: T0 });
  const checks = latency.judge({ policy: used, state, now: T0 + 10_000, since: T0 });
  expect(checks.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["latency-p50", "Pass"],
    ["latency-p99.9", "Fail"],
  ]);
});

it("counts of a limit that nobody folded are no data", () => {
  const state = fold(undefined, [scrape(10, { requests: 100 })], { limitsMs: [], since: T0 });
  const check = latency.judge({ policy: policy({ latency: [limit(450)] }), state, now: T0 + 10_000, since: T0 })[0];
  expect(check?.verdict).toBe("NoData");
});
