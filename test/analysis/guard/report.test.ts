/** The figures that people are told, each held against what then happens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logMeanExp } from "../../../src/analysis/guard/numbers.ts";
import { paramsOfAttempt } from "../../../src/analysis/guard/params.ts";
import { type GuardReport, reportOf } from "../../../src/analysis/guard/report.ts";
import type { GuardScrape } from "../../../src/analysis/guard/scrape.ts";
import type { GuardState } from "../../../src/analysis/guard/state.ts";
import { step } from "../../../src/analysis/guard/step.ts";
import { anyHistory, BOUNDS, CONFIG, counts, failing, fresh, HISTORY, observed, played } from "./releases.ts";

const { params } = CONFIG;

function withDoubt(odds: number): GuardState {
  const state = fresh();
  const [stream] = state.streams;
  const doubt = Math.log(odds);
  return {
    ...state,
    cuts: Math.floor((doubt - Math.log(50)) / Math.log(2)),
    streams: [{ ...stream!, doubt: [doubt, doubt, doubt, doubt] }],
  };
}

describe("doubt and share", () => {
  it("odds of 400:1 cut 5 % three times, and without new failures the full share is back in about 45 s", () => {
    const report = reportOf(CONFIG, withDoubt(400.001));
    expect(report).toMatchObject({ cuts: 3, share: 0.00625, odds: expect.closeTo(400.001, 6), fullShareSeconds: expect.closeTo(45, 2) });
    expect(reportOf(CONFIG, withDoubt(60)).fullShareSeconds).toBe(0);
  });

  it("the full share is back by then", () => {
    fc.assert(
      fc.property(fc.double({ min: 101, max: 5_000, noNaN: true }), fc.integer({ min: 1, max: 15 }), (odds, seconds) => {
        const state = withDoubt(odds);
        const { fullShareSeconds } = reportOf(CONFIG, state);
        const clean = Array(Math.ceil(fullShareSeconds / seconds)).fill(failing(0, 0, 700, 4, seconds));
        expect(played(CONFIG, state, clean).state.cuts).toBe(0);
      }),
    );
  });

  it("names the stream that speaks, and how many times stable's rate fits best", () => {
    const slow: GuardScrape = {
      seconds: 15,
      failures: counts(38, 0, 712, 4),
      latency: { nc: 38, ns: 712, overCanary: [29, 15, 11, 1, 0], overStable: [560, 255, 45, 10, 3] },
    };
    const { state } = played(CONFIG, fresh({ bounds: BOUNDS }), [slow]);
    expect(reportOf(CONFIG, state).lead).toEqual({ stream: { kind: "Latency", overMs: 200 }, ratio: 4 });
    const failed = played(CONFIG, fresh({ bounds: BOUNDS }), [
      { ...slow, failures: counts(38, 20, 712, 4), latency: { ...slow.latency!, overCanary: [28, 13, 3, 1, 0] } },
    ]);
    expect(reportOf(CONFIG, failed.state).lead).toEqual({ stream: { kind: "Failures" }, ratio: 20 });
  });
});

describe("E", () => {
  it("is shown with its limit, 2^k / alpha at the k-th attempt", () => {
    const at = (attempt: number) => reportOf({ ...CONFIG, params: paramsOfAttempt(params, attempt) }, fresh());
    expect(at(0)).toMatchObject({ e: 1, limit: 100 });
    expect(at(3).limit).toBe(800);
    expect(at(1).earliestRollbackSeconds).toBeGreaterThan(at(0).earliestRollbackSeconds!);
  });

  it("its p-value is 1 over the largest E, and never grows again", () => {
    const { state } = played(CONFIG, fresh(), Array(3).fill(failing(38, 10)));
    const later = played(CONFIG, state, Array(20).fill(failing(38, 0))).state;
    expect(reportOf(CONFIG, state).p).toBeCloseTo(1 / state.e, 12);
    expect(later.e).toBeLessThan(state.e);
    expect(reportOf(CONFIG, later).p).toBe(reportOf(CONFIG, state).p);
    expect(reportOf(CONFIG, fresh()).p).toBe(1);
  });

  it("cannot bring a rollback before confirmation is over", () => {
    const { earliestRollbackSeconds } = reportOf(CONFIG, fresh());
    expect(earliestRollbackSeconds).toBeGreaterThan(79);
    expect(earliestRollbackSeconds).toBeLessThan(81);
  });

  it("no rollback comes earlier than told, from anywhere, however bad the canary is", () => {
    const broken: GuardScrape = {
      seconds: 2,
      failures: counts(300, 300, 300, 0),
      clientErrors: counts(300, 300, 300, 0),
      latency: { nc: 300, ns: 300, overCanary: [300, 300, 300, 300, 300], overStable: [0, 0, 0, 0, 0] },
    };
    fc.assert(
      fc.property(anyHistory, (scrapes) => {
        const { state } = played(CONFIG, fresh({ clientErrors: true, bounds: BOUNDS }), scrapes);
        fc.pre(state.ended === null);
        const { earliestRollbackSeconds } = reportOf(CONFIG, state);
        const { outcomes, state: end } = played(CONFIG, state, Array(200).fill(broken));
        fc.pre(end.ended === "Rollback");
        expect(2 * outcomes.length).toBeGreaterThanOrEqual(earliestRollbackSeconds! - 0.5);
      }),
    );
  });

  it("with credit for it a rollback is told as near as it is", () => {
    const { state } = played(CONFIG, fresh(), Array(6).fill(failing(380, 100, 7120, 36, 12)));
    const { earliestRollbackSeconds } = reportOf(CONFIG, state);
    const rest = played(CONFIG, state, Array(100).fill(failing(380, 100, 7120, 36, 1)));
    expect(rest.state.ended).toBe("Rollback");
    expect(rest.outcomes.length - earliestRollbackSeconds!).toBeLessThan(2);
  });
});

describe("what the step is missing", () => {
  const failures = (report: GuardReport) => report.streams[0]!;

  it("is all of it at the start, and how long that takes comes true for a canary as good as stable", () => {
    const before = fresh({ history: { ...HISTORY, over: [], rate: 400 } });
    const start = reportOf(CONFIG, before);
    expect(failures(start).missing).toBeCloseTo(Math.log(10), 12);
    const told = failures(start).seconds!;
    // Stable's history in every scrape: 5 % of 400 requests/s, 0.5 % of them failed.
    const { outcomes } = played(CONFIG, before, Array(60).fill(failing(200, 1, 3_800, 19, 10)));
    const passed = outcomes.findIndex(({ advanceMissing }) => advanceMissing[0] === 0);
    expect(10 * (passed + 1)).toBeGreaterThan(0.8 * told);
    expect(10 * (passed + 1)).toBeLessThan(1.2 * told + 10);
    expect(failures(start).requests).toBe(Math.ceil(told * 20));
  });

  it("takes longer with less traffic, and with none has no end", () => {
    const at = (rate: number | null) => failures(reportOf(CONFIG, fresh({ history: { ...HISTORY, over: [], rate } }))).seconds;
    expect(at(500)!).toBeLessThan(at(50)!);
    expect(at(0)).toBeNull();
    expect(at(null)).toBeNull();
  });

  it("is nothing once the stream has passed, and then the step's own time is left", () => {
    const { state } = played(CONFIG, fresh(), Array(3).fill(failing(380, 2, 7120, 36)));
    const report = reportOf(CONFIG, state);
    expect(failures(report)).toMatchObject({ missing: 0, seconds: 0, requests: 0 });
    expect(report.stepSeconds).toBe(15);
  });

  it("waits for the full share first", () => {
    const cut = { ...played(CONFIG, fresh(), Array(3).fill(failing(380, 2, 7120, 36))).state, cuts: 2 };
    const doubted = { ...cut, streams: cut.streams.map((one) => ({ ...one, doubt: one.doubt.map(() => Math.log(210)) })) };
    const report = reportOf(CONFIG, doubted);
    expect(report.stepSeconds).toBeCloseTo(15 + report.fullShareSeconds, 9);
  });

  it("is told for every stream", () => {
    const { state } = played(CONFIG, fresh({ clientErrors: true, bounds: BOUNDS }), []);
    expect(reportOf(CONFIG, state).streams.map(({ stream }) => stream)).toEqual([
      { kind: "Failures" },
      { kind: "ClientErrors" },
      { kind: "Latency", overMs: 100 },
      { kind: "Latency", overMs: 200 },
      { kind: "Latency", overMs: 300 },
      { kind: "Latency", overMs: 400 },
    ]);
  });

  it("after a step that ended is what the next one needs", () => {
    const { state, outcomes } = played(CONFIG, fresh(), Array(4).fill(failing(380, 2, 7120, 36)));
    expect(outcomes.at(-1)!.decision).toBe("Advance");
    expect(failures(reportOf(CONFIG, state))).toMatchObject({ missing: expect.closeTo(Math.log(10), 12), excess: null });
  });
});

describe("the largest excess that is not excluded", () => {
  const excess = (state: GuardState) => reportOf(CONFIG, state).streams[0]!.excess;

  it("is none at the start: nothing is excluded", () => {
    expect(excess(fresh())).toBeNull();
    expect(excess(observed(CONFIG, fresh(), failing(1, 0, 19, 0)).state)).toBeNull();
  });

  it("is what ln(3/beta) needs: of clean requests alone ln(30)/B, by the best of the gains", () => {
    const still = { ...CONFIG, steps: [{ weight: 0.05, onInconclusive: "Hold" as const, minSeconds: 1e9 }] };
    const { state } = played(still, fresh(), Array(20).fill(failing(30, 0, 570, 0)));
    const d = reportOf(still, state).streams[0]!.excess!;
    const b = params.gains.map((gain) => 600 * -Math.expm1(-gain));
    expect(Math.log(b.reduce((sum, one) => sum + Math.exp(d * one), 0))).toBeCloseTo(Math.log(30), 6);
    expect(d).toBeLessThan(Math.log(30) / b[2]!);
  });

  it("is within the margin exactly where the stream has passed", () => {
    fc.assert(
      fc.property(anyHistory, (scrapes) => {
        const { state } = played(CONFIG, fresh(), scrapes);
        fc.pre(state.ended === null && state.margin !== null);
        const within = (excess(state) ?? Number.POSITIVE_INFINITY) <= state.margin! * (1 + 1e-9);
        const adv = logMeanExp(state.streams[0]!.adv);
        fc.pre(Math.abs(adv - Math.log(10)) > 1e-6);
        expect(within).toBe(adv > Math.log(10));
      }),
    );
  });

  it("shrinks with traffic and grows with failures", () => {
    const still = { ...CONFIG, steps: [{ weight: 0.05, onInconclusive: "Hold" as const, minSeconds: 1e9 }] };
    const as = failing(100, 1, 1_900, 19);
    const excessAfter = (scrapes: readonly GuardScrape[]) => reportOf(still, played(still, fresh(), scrapes).state).streams[0]!.excess!;
    const some = excessAfter(Array(20).fill(as));
    const more = excessAfter(Array(40).fill(as));
    const failed = excessAfter([...Array(40).fill(as), failing(100, 3, 1_900, 19)]);
    expect(some).toBeGreaterThan(more);
    expect(failed).toBeGreaterThan(more);
  });
});

describe("the report", () => {
  it("of a release that is over says so by its share", () => {
    const bad = played(CONFIG, fresh(), Array(100).fill(failing(38, 10))).state;
    expect(reportOf(CONFIG, bad)).toMatchObject({ share: 0, e: bad.e });
    expect(step(CONFIG, bad, failing())).toEqual({ ok: false, refusal: { reason: "Ended" } });
  });
});
