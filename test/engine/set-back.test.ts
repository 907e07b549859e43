/** What a status dates ahead of the clock of the process that reads it. */
import { describe, expect, test } from "vitest";
import type { CanaryRolloutStatus } from "../../src/api/status.ts";
import type { Scrape } from "../../src/domain/samples.ts";
import { withoutFuture } from "../../src/engine/set-back.ts";

const NOW = Date.UTC(2026, 10, 25, 9);
const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();
const tally = { requests: 10, failures: 1 };

function statusAt(at: number): CanaryRolloutStatus {
  const canary = { revision: "abc", podTemplateHash: "abc", attempt: 1, startedAt: iso(at), decidedAt: iso(at) };
  const bins = [{ from: at - 5_000, to: at, canary: tally, stable: tally }];
  const state = { version: 1, at, limits: [], bins, totals: { canary: tally, stable: tally } };
  return {
    canary,
    step: { index: 0, position: "1/1", weight: "20%", state: "Analysing", startedAt: iso(at) },
    traffic: { weight: "20%", writtenAt: iso(at), confirmedAt: iso(at) },
    analysis: { verdict: "Pass", checks: [], state },
    conditions: [{ type: "AnalysisHealthy", status: "False", reason: "Unreachable", message: "", lastTransitionTime: iso(at) }],
    reverts: { weights: [iso(at - MINUTE), iso(at)], manager: "argocd" },
  };
}

const stateOf = (status: CanaryRolloutStatus) => status.analysis?.state as unknown as { at: number; bins: { from: number; to: number }[] };

describe("a status that is dated ahead of now", () => {
  test("by as much as clocks of machines differ is taken as it is", () => {
    const status = statusAt(NOW + MINUTE);
    expect(withoutFuture(status, NOW, [])).toBe(status);
  });

  test("by more counts as of now, its evidence too", () => {
    const read = withoutFuture(statusAt(NOW + 60 * MINUTE), NOW, []);
    const times = [
      ...[read.canary?.startedAt, read.canary?.decidedAt, read.step?.startedAt, read.traffic?.writtenAt, read.traffic?.confirmedAt],
      ...[read.conditions?.[0]?.lastTransitionTime, ...(read.reverts?.weights ?? [])],
    ];
    expect(times).toEqual(times.map(() => iso(NOW)));
    expect(stateOf(read)).toMatchObject({ at: NOW, bins: [{ from: NOW - 5_000, to: NOW }] });
  });

  test("keeps the times that lie before now", () => {
    const { canary } = statusAt(NOW - MINUTE);
    const status = { ...statusAt(NOW + 60 * MINUTE), ...(canary ? { canary } : {}) };
    expect(withoutFuture(status, NOW, []).canary?.startedAt).toBe(iso(NOW - MINUTE));
  });

  test("keeps the evidence of a source whose own clock is ahead: its samples would count twice", () => {
    const ahead = { at: NOW + 61 * MINUTE, seconds: 5 } as Scrape;
    expect(stateOf(withoutFuture(statusAt(NOW + 60 * MINUTE), NOW, [ahead])).at).toBe(NOW + 60 * MINUTE);
  });
});
