import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { observe } from "../../../src/analysis/guard/observe.ts";
import { paramsOfAttempt } from "../../../src/analysis/guard/params.ts";
import { type GuardState, guardStateOf } from "../../../src/analysis/guard/state.ts";
import { anyHistory, BOUNDS, CONFIG, fresh, played } from "./releases.ts";

function throughStatus(state: GuardState): GuardState | undefined {
  return guardStateOf(JSON.parse(JSON.stringify(state)), CONFIG);
}

const EVERYTHING = { clientErrors: true, bounds: BOUNDS };

describe("what is remembered", () => {
  it("a restart anywhere changes nothing, to the last bit", () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(40), fc.boolean(), (scrapes, cut, everything) => {
        const start = fresh(everything ? EVERYTHING : {});
        const whole = played(CONFIG, start, scrapes);
        const first = played(CONFIG, start, scrapes.slice(0, cut));
        const rest = played(CONFIG, throughStatus(first.state)!, scrapes.slice(cut));
        expect(rest.state).toEqual(whole.state);
        expect([...first.outcomes, ...rest.outcomes]).toEqual(whole.outcomes);
      }),
    );
  });

  it("stays at about 3 kB for five streams", () => {
    let longest = 0;
    fc.assert(
      fc.property(anyHistory, (scrapes) => {
        const { state } = played(CONFIG, fresh({ bounds: BOUNDS }), scrapes);
        longest = Math.max(longest, JSON.stringify(state).length);
      }),
    );
    expect(longest).toBeGreaterThan(2_000);
    expect(longest).toBeLessThan(3_300);
  });

  it("is whole whatever is counted, and however long a scrape was", () => {
    const large = fc.oneof(fc.integer({ min: 0, max: 1e12 }), fc.nat(3));
    const any = fc.record({
      nc: large,
      ns: large,
      c: fc.nat(100),
      s: fc.nat(100),
      seconds: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1e9 })),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (scrapes) => {
        let state = fresh(EVERYTHING);
        for (const { nc, ns, c, s, seconds } of scrapes) {
          const [xc, xs] = [Math.floor((nc / 100) * c), Math.floor((ns / 100) * s)];
          const over = (x: number) => BOUNDS.map((_, i) => Math.floor(x / (i + 1)));
          const all = { nc, xc, ns, xs };
          const latency = { nc, ns, overCanary: over(xc), overStable: over(xs) };
          const looked = observe(CONFIG, state, { seconds, failures: all, clientErrors: all, latency });
          if (!looked.ok) throw new Error(looked.refusal.reason);
          state = looked.state;
        }
        expect(throughStatus(state)).toEqual(state);
      }),
    );
  });

  it("knows neither weights nor parameters: an attempt with another alpha reads it, too", () => {
    const { state } = played(CONFIG, fresh(EVERYTHING), []);
    expect(guardStateOf(state, { ...CONFIG, params: paramsOfAttempt(CONFIG.params, 2) })).toEqual(state);
  });
});

describe("what is stored and is not ours is not guessed at", () => {
  const good = fresh(EVERYTHING);
  const [stream, ...others] = good.streams;

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "version 1"],
    ["a later version", { ...good, version: 2 }],
    ["no number", { ...good, e: null }],
    ["a time that is not finite", { ...good, seconds: Number.POSITIVE_INFINITY }],
    ["a step between steps", { ...good, step: 0.5 }],
    ["a step that the release does not have", { ...good, step: 4 }],
    ["a negative margin", { ...good, margin: -1 }],
    ["another end", { ...good, ended: "Over" }],
    ["bounds in disorder", { ...good, bounds: BOUNDS.toReversed() }],
    ["no bounds", { ...good, bounds: undefined }],
    ["fewer bounds than streams", { ...good, bounds: BOUNDS.slice(1) }],
    ["no client errors but their stream", { ...good, clientErrors: false }],
    ["no word on client errors", { ...good, clientErrors: undefined }],
    ["no history", { ...good, usual: undefined }],
    ["a history of other bounds", { ...good, usual: { ...good.usual, over: [1] } }],
    ["no streams", { ...good, streams: undefined }],
    ["an empty stream", { ...good, streams: [null, ...others] }],
    ["a stream of other alternatives", { ...good, streams: [{ ...stream, lw: [0, 0] }, ...others] }],
    ["negative credit", { ...good, streams: [{ ...stream, credit: [-1, 0, 0, 0] }, ...others] }],
    ["wealth that is no number", { ...good, streams: [{ ...stream, lw: [0, 0, 0, null] }, ...others] }],
    ["a reserve above 1", { ...good, streams: [{ ...stream, reserve: 1.5 }, ...others] }],
    ["no blocks", { ...good, streams: [{ ...stream, t: 0 }, ...others] }],
    ["three counts of a block", { ...good, streams: [{ ...stream, block: [0, 0, 0] }, ...others] }],
  ])("%s", (_, stored) => {
    expect(guardStateOf(stored, CONFIG)).toBeUndefined();
  });

  it("and what is ours comes back", () => {
    expect(throughStatus(good)).toEqual(good);
  });
});
