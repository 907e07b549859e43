import { beforeEach, describe, expect, test } from "vitest";
import { exposition } from "../../src/controller/exposition.ts";
import { createTelemetry, type Telemetry } from "../../src/controller/telemetry.ts";
import type { Plan } from "../../src/engine/types.ts";

let telemetry: Telemetry;
beforeEach(() => {
  telemetry = createTelemetry({
    queue: () => ({ depth: 3, lagMs: 1500, running: 1 }),
    leads: () => true,
    watchAges: () => [{ resource: "services", seconds: 12 }],
  });
});

const PLAN: Plan = {
  view: {
    phase: "Progressing",
    traffic: { weight: "20%" },
    canary: { attempt: 0, startedAt: "2026-11-25T10:00:00Z" },
    step: { index: 2, weight: "20%", state: "Analysing", startedAt: "2026-11-25T10:00:00Z" },
    analysis: { verdict: "Inconclusive" },
  },
  status: undefined,
  lower: [],
  raise: [],
  events: [{ type: "Normal", reason: "WeightRaised", note: "20 %", onTarget: false, id: "a" }],
  wakeAt: undefined,
  why: [],
};

describe("telemetry", () => {
  test("a decision is visible by rollout", async () => {
    telemetry.decided("shop/checkout", PLAN);
    const text = await telemetry.registry.metrics();
    expect(text).toContain('serin_rollout_weight_percent{namespace="shop",name="checkout"} 20');
    expect(text).toContain('serin_rollout_step{namespace="shop",name="checkout"} 2');
    expect(text).toContain('serin_rollout_phase{namespace="shop",name="checkout",phase="Progressing"} 1');
    expect(text).toContain('serin_rollout_phase{namespace="shop",name="checkout",phase="Ready"} 0');
    expect(text).toContain('serin_rollout_verdict{namespace="shop",name="checkout",verdict="Inconclusive"} 1');
    expect(text).toContain('serin_decisions_total{reason="WeightRaised"} 1');
  });

  test("the series of a rollout go with it, another's stay", async () => {
    telemetry.decided("shop/checkout", PLAN);
    telemetry.decided("shop/cart", PLAN);
    telemetry.forget("shop/checkout");
    const text = await telemetry.registry.metrics();
    expect(text).not.toContain('name="checkout"');
    expect(text).toContain('serin_rollout_weight_percent{namespace="shop",name="cart"} 20');
  });

  test("what is said in pieces is what is said at once, of any number of rollouts", async () => {
    for (const number of Array(250).keys()) telemetry.decided(`shop/app-${number}`, PLAN);
    const pieces: string[] = [];
    for await (const piece of exposition(telemetry.registry)) pieces.push(piece);
    const lines = (text: string) => text.split("\n").filter((line) => /^(# \w+ )?serin_rollout/.test(line));
    const said = pieces.flatMap(lines);
    expect(said).toEqual(lines(await telemetry.registry.metrics()));
    expect(said.filter((line) => line.startsWith("serin_rollout_weight_percent"))).toHaveLength(250);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(120_000);
  });

  test("the process shows its queue, its lease and its watches", async () => {
    telemetry.onRequest({ verb: "patch", resource: "httproutes", status: 200, seconds: 0.01 });
    telemetry.onQuery({ seconds: 0.2, ok: false });
    const text = await telemetry.registry.metrics();
    expect(text).toContain("serin_queue_depth 3");
    expect(text).toContain("serin_queue_lag_seconds 1.5");
    expect(text).toContain("serin_leader 1");
    expect(text).toContain('serin_watch_age_seconds{resource="services"} 12');
    expect(text).toContain('serin_api_requests_total{verb="patch",resource="httproutes",status="200"} 1');
    expect(text).toContain('serin_metrics_query_seconds_count{source="Prometheus",ok="false"} 1');
    expect(text).toMatch(/serin_event_loop_lag_seconds \d/);
  });
});
