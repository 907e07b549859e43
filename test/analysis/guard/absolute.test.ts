/** A written limit, where there is no stable version to compare with. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AbsoluteLimit,
  type AbsoluteState,
  absoluteStateOf,
  observeAbsolute,
  residualAlone,
  startAbsolute,
} from "../../../src/analysis/guard/absolute.ts";
import { DEFAULT_PARAMS } from "../../../src/analysis/guard/params.ts";
import { counts } from "./releases.ts";

/** At most 1 % fail, at most 1 % take longer than 500 ms. */
const LIMITS: readonly AbsoluteLimit[] = [
  { stream: { kind: "Failures" }, rate: 0.01 },
  { stream: { kind: "Latency", overMs: 500 }, rate: 0.01 },
];

type Pair = { n: number; x: number };

function looked(state: AbsoluteState, failures: Pair, slow: Pair, seconds = 15, limits = LIMITS) {
  const result = observeAbsolute(DEFAULT_PARAMS, limits, state, { seconds, counts: [failures, slow] });
  if (!result.ok) throw new Error(result.refusal.reason);
  return result;
}

function played(from: AbsoluteState, scrapes: readonly [Pair, Pair][]) {
  let last = { state: from, outcome: undefined as ReturnType<typeof looked>["outcome"] | undefined };
  let count = 0;
  for (const [failures, slow] of scrapes) {
    if (last.outcome?.verdict === "Rollback") break;
    last = looked(last.state, failures, slow);
    count++;
  }
  return { ...last, seconds: 15 * count };
}

const start = startAbsolute(DEFAULT_PARAMS, LIMITS);
const pair = fc.nat(500).chain((n) => fc.nat(100).map((part) => ({ n, x: Math.floor((n * part ** 3) / 1_000_000) })));
const history = fc.array(fc.tuple(pair, pair), { maxLength: 40 });
const good: Pair = { n: 750, x: 2 };

describe("a written limit without stable traffic", () => {
  it.each<[string, Pair, Pair]>([
    ["failures", { n: 750, x: 75 }, good],
    ["latency", good, { n: 740, x: 74 }],
  ])("that is broken by %s rolls back, not before 75 s", (_, failures, slow) => {
    const { outcome, seconds } = played(start, Array(100).fill([failures, slow]));
    expect(outcome!.verdict).toBe("Rollback");
    expect(seconds).toBeGreaterThanOrEqual(75);
    expect(seconds).toBeLessThan(300);
  });

  it("that is kept passes, and a burst of one scrape does not condemn", () => {
    const { outcome, state } = played(start, Array(8).fill([good, good]));
    expect(outcome).toMatchObject({ verdict: "Running", passed: true, advanceMissing: [0, 0] });
    expect(looked(state, { n: 750, x: 700 }, good).outcome).toMatchObject({ verdict: "Running" });
  });

  it("no data never passes and never condemns", () => {
    const nothing = { n: 0, x: 0 };
    const { outcome, state } = played(start, Array(200).fill([nothing, nothing]));
    expect(outcome).toMatchObject({ verdict: "Running", passed: false });
    expect(state.maxE).toBeCloseTo(1, 12);
  });

  it("of latency alone has all of alpha", () => {
    const limits = LIMITS.slice(1);
    const result = observeAbsolute(DEFAULT_PARAMS, limits, startAbsolute(DEFAULT_PARAMS, limits), {
      seconds: 15,
      counts: [{ n: 0, x: 0 }],
    });
    expect(result).toMatchObject({ ok: true, state: { e: expect.closeTo(1, 12) } });
  });

  it("one more bad request never lowers E, at the same noise", () => {
    const calm = { ...DEFAULT_PARAMS, noiseBlocks: 1e12 };
    fc.assert(
      fc.property(history, pair, (scrapes, last) => {
        const look = (state: AbsoluteState, a: Pair, b: Pair) => observeAbsolute(calm, LIMITS, state, { seconds: 15, counts: [a, b] });
        const before = scrapes.reduce(
          (state, [a, b]) => {
            const result = look(state, a, b);
            return result.ok ? result.state : state;
          },
          startAbsolute(calm, LIMITS),
        );
        fc.pre(last.x < last.n);
        const [as, more] = [last, { n: last.n, x: last.x + 1 }].map((one) => look(before, one, last));
        expect(as!.ok && more!.ok && more!.outcome.e >= as!.outcome.e * (1 - 1e-9)).toBe(true);
      }),
    );
  });

  it("a restart anywhere changes nothing", () => {
    fc.assert(
      fc.property(history, fc.nat(40), (scrapes, cut) => {
        const whole = played(start, scrapes);
        const first = played(start, scrapes.slice(0, cut));
        fc.pre(first.outcome?.verdict !== "Rollback");
        const restored = absoluteStateOf(JSON.parse(JSON.stringify(first.state)), DEFAULT_PARAMS, LIMITS)!;
        expect(played(restored, scrapes.slice(cut)).state).toEqual(whole.state);
      }),
    );
  });

  it.each<[string, Pair, string]>([
    ["more bad than all", { n: 3, x: 4 }, "MoreBadThanAll"],
    ["no number", { n: Number.NaN, x: 0 }, "NotACount"],
    ["negative", { n: 3, x: -1 }, "NotACount"],
  ])("bad counts are refused by name, and their stream stands still: %s", (_, bad, reason) => {
    const { state, outcome } = looked(start, bad, good);
    expect(outcome).toMatchObject({ refusals: [{ reason, kind: "Failures" }], passed: false });
    expect(state.streams[0]).toEqual(start.streams[0]);
    expect(state.streams[1]).not.toEqual(start.streams[1]);
  });

  it("counts that are missing, and a scrape of no time", () => {
    const missing = observeAbsolute(DEFAULT_PARAMS, LIMITS, start, { seconds: 15, counts: [good] });
    expect(missing).toMatchObject({ ok: true, outcome: { refusals: [{ reason: "Missing", kind: "Latency" }] } });
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(observeAbsolute(DEFAULT_PARAMS, LIMITS, start, { seconds, counts: [good, good] })).toEqual({
        ok: false,
        refusal: { reason: "NoTime" },
      });
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a later version", { ...start, version: 2 }],
    ["other limits", { ...start, streams: start.streams.slice(1) }],
    ["no number", { ...start, e: null }],
    ["a damaged stream", { ...start, streams: [null, start.streams[1]] }],
  ])("what is stored and is not ours is not guessed at: %s", (_, stored) => {
    expect(absoluteStateOf(stored, DEFAULT_PARAMS, LIMITS)).toBeUndefined();
  });
});

describe("noise of one version alone", () => {
  it("is measured around its own rate, from the first bad request on", () => {
    expect(residualAlone(counts(1_000, 0, 0, 0), counts(100, 0, 0, 0))).toBeNull();
    expect(residualAlone(counts(1_000, 10, 0, 0), counts(0, 0, 0, 0))).toBeNull();
    const q = 10.5 / 1_001;
    expect(residualAlone(counts(1_000, 10, 0, 0), counts(100, 7, 0, 0))).toBeCloseTo((7 - 100 * q) ** 2 / (100 * q * (1 - q)), 12);
  });
});
