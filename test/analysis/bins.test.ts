import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold, window } from "../../src/analysis/bins.ts";
import { type AnalysisState, isForeignState, stateOf } from "../../src/analysis/state.ts";
import type { Scrape } from "../../src/domain/samples.ts";
import { history, scrape, T0 } from "./scrapes.ts";

const limitsMs = [300, 350];

function throughStatus(state: AnalysisState): AnalysisState | undefined {
  return stateOf(JSON.parse(JSON.stringify(state)));
}

function sum(scrapes: readonly Scrape[], of: (scrape: Scrape) => number): number {
  return scrapes.reduce((total, one) => total + of(one), 0);
}

const requestsOf = (state: AnalysisState | undefined, nowSeconds: number, sinceSeconds: number, minRequests = 0, ms = 60_000) =>
  window(state, T0 + nowSeconds * 1000, { ms, minRequests, since: T0 + sinceSeconds * 1000 }).canary.requests;

describe("folding", () => {
  it("counts each scrape once, however often and in whatever pieces it comes", () => {
    fc.assert(
      fc.property(history, fc.nat(60), fc.nat(60), (scrapes, cut, again) => {
        const options = { limitsMs, since: T0 + 100_000 };
        const whole = fold(undefined, scrapes, options);
        const first = fold(undefined, scrapes.slice(0, cut), options);
        const failedOver = fold(throughStatus(first), scrapes.slice(Math.min(cut, again)), options);
        expect(failedOver).toEqual(whole);
        expect(fold(whole, scrapes, options)).toEqual(whole);
        expect(whole.totals.canary.requests).toBe(sum(scrapes, ({ canary }) => canary.requests));
        expect(whole.totals.stable.failures).toBe(sum(scrapes, ({ stable }) => stable.failures));
      }),
    );
  });

  it("loses no count of the step to coarser bins", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 3000 }), (scrapes, since) => {
        const state = fold(undefined, scrapes, { limitsMs, since: T0 + since * 1000 });
        const inStep = scrapes.filter(({ at }) => at > T0 + since * 1000);
        const counted = window(state, state.at, { ms: Number.MAX_SAFE_INTEGER, minRequests: 0, since: T0 + since * 1000 });
        expect(counted.canary.requests).toBe(sum(inStep, ({ canary }) => canary.requests));
        expect(counted.canary.failures).toBe(sum(inStep, ({ canary }) => canary.failures));
        expect(counted.stable.requests).toBe(sum(inStep, ({ stable }) => stable.requests));
        expect(counted.canary.slow?.[0]?.[0]).toBe(sum(inStep, ({ canary }) => canary.latency.total));
      }),
    );
  });

  it("stays small: two hours of scrapes each second, seven-digit counts, eight latency limits", () => {
    const busy = { requests: 1_234_567, failures: 123_456, slow: 12_345, slower: 12_345 };
    let state: AnalysisState | undefined;
    const many = [100, 150, 200, 250, 300, 350, 400, 450];
    for (let second = 1; second <= 7200; second += 1) {
      state = fold(state, [scrape(second, busy, busy)], { limitsMs, since: T0 + 600_000 });
      if (second % 60 === 0) expect(JSON.stringify(state).length).toBeLessThan(3_100);
    }
    for (let second = 7201; second <= 7500; second += 1) state = fold(state, [scrape(second, busy, busy)], { limitsMs: many, since: T0 });
    expect(state?.bins.length).toBeGreaterThanOrEqual(8);
    expect(JSON.stringify(state).length).toBeLessThan(6_000);
  });
});

describe("the window", () => {
  const each10s = Array.from({ length: 60 }, (_, i) => scrape((i + 1) * 10, { requests: 10 }));
  const state = fold(undefined, each10s, { limitsMs: [], since: T0 });

  it("is the last 60 s", () => {
    expect(requestsOf(state, 600, 0)).toBe(60);
    expect(requestsOf(state, 600, 0, 50)).toBe(60);
  });

  it("reaches further back while there are too few requests, coarser the further", () => {
    expect(requestsOf(state, 600, 0, 61)).toBe(70);
    expect(requestsOf(state, 600, 0, 71)).toBe(130);
    expect(requestsOf(state, 600, 0, 10_000)).toBe(600);
  });

  it("never reaches before the step", () => {
    const inStep = fold(undefined, each10s, { limitsMs: [], since: T0 + 575_000 });
    expect(requestsOf(inStep, 600, 575, 10_000)).toBe(30);
  });

  it("a step that begins inside a bin takes only its own scrapes", () => {
    const early = fold(undefined, [scrape(1, { requests: 100 }), scrape(2, { requests: 100 })], { limitsMs: [], since: T0 });
    const late = fold(early, [scrape(3, { requests: 7 }), scrape(4, { requests: 7 })], { limitsMs: [], since: T0 + 2_500 });
    expect(requestsOf(late, 5, 2.5, 10_000)).toBe(14);
    expect(requestsOf(late, 5, 0, 10_000)).toBe(214);
  });

  it("holds old requests where no new ones came", () => {
    expect(requestsOf(state, 900, 0, 0)).toBe(0);
    expect(requestsOf(state, 900, 0, 50)).toBe(50);
  });

  it("of nothing is nothing", () => {
    expect(window(undefined, T0, { ms: 60_000, minRequests: 50, since: 0 }).canary).toEqual({ requests: 0, failures: 0 });
  });
});

describe("latency limits", () => {
  const slow = (seconds: number, le?: readonly number[]) =>
    scrape(seconds, { requests: 100, failures: 10, slow: 4, slower: 3, slowest: 2, ...(le && { le }) });
  const slowAt = (state: AnalysisState, place = 0) =>
    window(state, state.at, { ms: 60_000, minRequests: 0, since: T0 }).canary.slow?.[place];

  it.each<[number, readonly number[]]>([
    [300, [90, 5, 5]], // a bound itself
    [350, [90, 5, 5]], // between 300 and 400
    [220, [90, 9, 5]], // between 200 and 300
    [450, [90, 5, 2]], // between 400 and 500
    [50, [90, 90, 9]], // below every bound: the first one is 100
    [2000, [90, 2, 0]], // above every bound
  ])("of %i ms: answers without the failed, over the bound below, over the bound above", (maxMs, expected) => {
    const state = fold(undefined, [slow(10)], { limitsMs: [maxMs], since: T0 });
    expect(slowAt(state)).toEqual(expected);
  });

  it("remember the bounds around them", () => {
    const bounds = (maxMs: number) => fold(undefined, [slow(10)], { limitsMs: [maxMs], since: T0 }).limits[0];
    expect(bounds(350)).toEqual({ maxMs: 350, lowMs: 300, highMs: 400 });
    expect(bounds(300)).toEqual({ maxMs: 300, lowMs: 300, highMs: 300 });
    expect(bounds(50)).toEqual({ maxMs: 50, lowMs: 0, highMs: 100 });
    expect(bounds(2000)).toEqual({ maxMs: 2000, lowMs: 1000, highMs: null });
  });

  it("with other bounds later still bracket the truth", () => {
    const state = fold(undefined, [slow(10), slow(20, [200, 1000])], { limitsMs: [350], since: T0 });
    expect(slowAt(state)).toEqual([180, 5 + 9, 5 + 2]);
    expect(state.limits[0]).toEqual({ maxMs: 350, lowMs: 200, highMs: 1000 });
  });

  it("that change in the middle of a release: what stays is kept, what is new starts at nothing", () => {
    const before = fold(undefined, [slow(10)], { limitsMs: [350, 450], since: T0 });
    const after = fold(before, [slow(20)], { limitsMs: [450, 220], since: T0 });
    expect(slowAt(after, 0)).toEqual([180, 10, 4]);
    expect(slowAt(after, 1)).toEqual([90, 9, 5]);
    expect(after.totals.canary.requests).toBe(200);
    expect(fold(after, [], { limitsMs: [], since: T0 }).bins[0]?.canary).toEqual({ requests: 100, failures: 10 });
  });
});

describe("what is stored", () => {
  const good = fold(undefined, [scrape(10, { requests: 5 }, { requests: 50 })], { limitsMs, since: T0 });

  it("comes back as it was", () => {
    expect(throughStatus(good)).toEqual(good);
    expect(isForeignState(good)).toBe(false);
    expect(isForeignState(undefined)).toBe(false);
  });

  it.each<[string, unknown]>([
    ["a later version", { ...good, version: 2 }],
    ["damaged bins", { ...good, bins: [{ from: 1, to: 2 }] }],
    ["counts of other limits", { ...good, limits: [], bins: [{ ...good.bins[0], canary: { requests: -1, failures: 0 } }] }],
    ["missing counts of a limit", { ...good, bins: good.bins.map((bin) => ({ ...bin, canary: { requests: 1, failures: 0 } })) }],
    ["no totals", { version: 1, at: 1, limits: [], bins: [] }],
    ["text", "version 1"],
    ["no number", { ...good, at: null }],
  ])("%s is not guessed at", (_, stored) => {
    expect(stateOf(stored)).toBeUndefined();
    expect(isForeignState(stored)).toBe(true);
  });
});
