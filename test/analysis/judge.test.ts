import { describe, expect, it } from "vitest";
import { fold } from "../../src/analysis/bins.ts";
import { type JudgeInput, judge } from "../../src/analysis/judge.ts";
import { ANALYSIS_TESTS } from "../../src/analysis/tests/index.ts";
import type { Verdict } from "../../src/api/status.ts";
import { limit, policy, scrape, T0, type Traffic } from "./scrapes.ts";

const fault = { reason: "Unreachable", message: "Prometheus does not answer", since: T0 } as const;
const both = policy({ latency: [limit(450)] });

function judged(canary: Traffic, more: Partial<JudgeInput> = {}) {
  const state = fold(undefined, [scrape(10, canary, { requests: 1_000 })], { limitsMs: [450], since: T0 });
  return judge({ policy: both, state, now: T0 + 10_000, since: T0, bake: false, explicit: { successRate: false }, ...more });
}

describe("one verdict of all checks", () => {
  it.each<[string, Traffic, Verdict, boolean]>([
    ["all pass", { requests: 100 }, "Pass", false],
    ["one fails", { requests: 100, slowest: 50 }, "Fail", false],
    ["the other fails", { requests: 100, failures: 50 }, "Fail", false],
    ["one is not sure", { requests: 200, slower: 100 }, "Inconclusive", false],
    ["too few", { requests: 10 }, "Inconclusive", true],
    ["none", { requests: 0 }, "NoData", true],
  ])("%s", (_, canary, verdict, thin) => {
    expect(judged(canary)).toMatchObject({ verdict, thin, checks: [{ name: "success-rate" }, { name: "latency-p99" }] });
  });

  it("says what decided, and nothing else", () => {
    expect(judged({ requests: 100, slowest: 50 }).why).toMatch(/^latency-p99: canary 50\/100 slower than 500ms/);
    expect(judged({ requests: 100, failures: 50 }).why).not.toContain("latency");
  });
});

describe("all measurements failed or errored: what has not passed never passes", () => {
  it.each<[Verdict, Traffic]>([
    ["Error", { requests: 100 }],
    ["Error", { requests: 10 }],
    ["Error", { requests: 0 }],
    ["Fail", { requests: 100, failures: 50 }],
  ])("with a fault: %s", (verdict, canary) => {
    expect(judged(canary, { fault })).toMatchObject({ verdict, thin: false });
  });

  it("without any memory: NoData, or Error with its reason", () => {
    expect(judged({ requests: 0 }, { state: undefined }).verdict).toBe("NoData");
    expect(judged({ requests: 0 }, { state: undefined, fault })).toMatchObject({ verdict: "Error", why: fault.message });
  });
});

describe("nothing to judge by", () => {
  const none = policy({ successRateMin: undefined });

  it("passes only where nothing is set, and says so", () => {
    expect(judged({ requests: 0 }, { policy: none })).toEqual({
      verdict: "Pass",
      checks: [],
      thin: false,
      why: "no threshold is set: readiness alone decides",
    });
    expect(judged({ requests: 0 }, { policy: none, fault }).verdict).toBe("Pass");
  });
});

describe("the bake", () => {
  const failing = { requests: 100, failures: 50 };

  it("leaves a default out: readiness decides, and it says so", () => {
    expect(judged(failing, { bake: true, policy: policy() })).toMatchObject({
      verdict: "Pass",
      why: expect.stringContaining("readiness alone decides"),
    });
  });

  it("judges what was written", () => {
    expect(judged(failing, { bake: true, policy: policy(), explicit: { successRate: true } }).verdict).toBe("Fail");
    expect(judged(failing, { bake: true }).checks.map(({ name }) => name)).toEqual(["latency-p99"]);
  });
});

it("the registry has each test once", () => {
  const names = ANALYSIS_TESTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
