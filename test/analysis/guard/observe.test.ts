/** What holds for every release: counts in, evidence out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doubtOf } from "../../../src/analysis/guard/combine.ts";
import { enterStep } from "../../../src/analysis/guard/enter.ts";
import { rollbackLogE } from "../../../src/analysis/guard/evidence.ts";
import { observe } from "../../../src/analysis/guard/observe.ts";
import { DEFAULT_PARAMS } from "../../../src/analysis/guard/params.ts";
import { eOf } from "../../../src/analysis/guard/reserve.ts";
import type { GuardScrape } from "../../../src/analysis/guard/scrape.ts";
import { step } from "../../../src/analysis/guard/step.ts";
import { type Observation, observeStream, startStream } from "../../../src/analysis/guard/stream.ts";
import { anyHistory, anyScrape, BOUNDS, CONFIG, counts, failing, fresh, observed, played } from "./releases.ts";

const EVERYTHING = { clientErrors: true, bounds: BOUNDS };

function withOneMore(scrape: GuardScrape): GuardScrape {
  return { ...scrape, failures: { ...scrape.failures, xc: scrape.failures.xc + 1 } };
}

describe("one more failure of the canary", () => {
  /** Without noise: what is measured of it alone. */
  function quiet(scrape: GuardScrape): Observation {
    const { failures } = scrape;
    const tolerance = { ratio: 1.05, absolute: 0.0002, reference: 0 };
    return {
      dt: scrape.seconds,
      counts: failures,
      evidence: DEFAULT_PARAMS.failRatios.map((ratio) => rollbackLogE(failures, ratio, tolerance)),
      bets: undefined,
      residualOf: () => null,
      blockEnds: false,
      first: false,
      credit: { rate: 0.07, kept: 1.05 },
      topDoubt: 9,
    };
  }

  it("never lowers E or doubt, of a stream without noise", () => {
    fc.assert(
      fc.property(anyHistory, anyScrape, (scrapes, last) => {
        const before = scrapes.reduce(
          (stream, scrape) => observeStream(stream, quiet(scrape), DEFAULT_PARAMS),
          startStream(DEFAULT_PARAMS.failRatios, DEFAULT_PARAMS),
        );
        const [as, more] = [last, withOneMore(last)].map((scrape) => observeStream(before, quiet(scrape), DEFAULT_PARAMS));
        expect(eOf(more!)).toBeGreaterThanOrEqual(eOf(as!));
        expect(doubtOf(more!)).toBeGreaterThanOrEqual(doubtOf(as!));
      }),
    );
  });

  it("never lowers them after a quiet start, whatever it does to the noise factor", () => {
    const { state } = played(CONFIG, fresh(), Array(8).fill(failing()));
    const judged = Array.from({ length: 39 }, (_, xc) => observed(CONFIG, state, failing(38, xc)).outcome);
    for (const [index, { e, doubt }] of judged.entries()) {
      expect(e).toBeGreaterThanOrEqual(judged[index - 1]?.e ?? 0);
      expect(doubt).toBeGreaterThanOrEqual(judged[index - 1]?.doubt ?? 0);
    }
  });

  it("never lowers them in a first scrape", () => {
    fc.assert(
      fc.property(anyScrape, (first) => {
        fc.pre(first.failures.xc < first.failures.nc);
        const [as, more] = [first, withOneMore(first)].map((scrape) => observed(CONFIG, fresh(EVERYTHING), scrape).outcome);
        expect(more!.e).toBeGreaterThanOrEqual(as!.e - 1e-12);
        expect(more!.doubt).toBeGreaterThanOrEqual(as!.doubt - 1e-12);
      }),
    );
  });

  it("may raise the noise factor by a little more than the evidence elsewhere: 3 % of E, a quarter of a nat", () => {
    fc.assert(
      fc.property(anyHistory, anyScrape, (scrapes, last) => {
        const { state } = played(CONFIG, fresh(EVERYTHING), scrapes);
        fc.pre(state.ended === null && last.failures.xc < last.failures.nc);
        const [as, more] = [last, withOneMore(last)].map((scrape) => observed(CONFIG, state, scrape).outcome);
        expect(more!.e).toBeGreaterThanOrEqual(0.97 * as!.e);
        expect(more!.doubt).toBeGreaterThanOrEqual(as!.doubt - 0.25);
      }),
    );
  });
});

describe("no data", () => {
  const silent: GuardScrape = {
    seconds: 15,
    failures: counts(0, 0, 0, 0),
    clientErrors: counts(0, 0, 0, 0),
    latency: { nc: 0, ns: 0, overCanary: [0, 0, 0, 0, 0], overStable: [0, 0, 0, 0, 0] },
  };
  const unanswered: GuardScrape = {
    ...silent,
    failures: counts(0, 0, 700, 4),
    clientErrors: counts(0, 0, 700, 7),
    latency: { ...silent.latency!, ns: 700, overStable: [500, 250, 40, 9, 2] },
  };

  it.each([
    ["of both", silent],
    ["of the canary", unanswered],
  ])("%s never condemns, never brakes, and without maxDuration never passes", (_, scrape) => {
    const patient = { ...CONFIG, steps: CONFIG.steps.map((one) => ({ ...one, onInconclusive: "Hold" as const })) };
    const { state, outcomes } = played(patient, fresh(EVERYTHING), Array(200).fill(scrape));
    expect(outcomes).toHaveLength(200);
    expect(outcomes.every(({ decision, e, cuts }) => decision === "Running" && e <= 1 + 1e-12 && cuts === 0)).toBe(true);
    expect(outcomes.at(-1)).toMatchObject({ inconclusive: true, share: 0.05 });
    expect(state.maxE).toBeCloseTo(1, 12);
  });

  it("anywhere in a release adds nothing to E, to doubt, or to what ADVANCE has", () => {
    fc.assert(
      fc.property(anyHistory, (scrapes) => {
        const { state } = played(CONFIG, fresh(EVERYTHING), scrapes);
        fc.pre(state.ended === null);
        const { outcome } = observed(CONFIG, state, silent);
        expect(outcome.e).toBeLessThanOrEqual(state.e * (1 + 1e-12));
        expect(outcome.doubt).toBeLessThanOrEqual(Math.max(...state.streams.map(doubtOf)));
        if (state.margin !== null) {
          const again = observed(CONFIG, state, unanswered).state;
          expect(again.streams.map(({ adv }) => adv)).toEqual(state.streams.map(({ adv }) => adv));
        }
      }),
    );
  });
});

describe("a scrape in two", () => {
  /** Each half has half of everything; within the credit that is kept. */
  it("is the same for E and doubt of a stream without noise", () => {
    const tolerance = { ratio: 1.05, absolute: 0.0002, reference: 0 };
    fc.assert(
      fc.property(fc.nat(100), fc.nat(50), fc.integer({ min: 1, max: 700 }), fc.nat(50), (nc, xc, ns, xs) => {
        const half = counts(nc + xc, xc, ns + xs, xs);
        const observation = (part: 1 | 2): Observation => {
          const whole = counts(part * half.nc, part * half.xc, part * half.ns, part * half.xs);
          return {
            dt: 5 * part,
            counts: whole,
            evidence: DEFAULT_PARAMS.failRatios.map((ratio) => rollbackLogE(whole, ratio, tolerance)),
            bets: undefined,
            residualOf: () => null,
            blockEnds: false,
            first: true,
            credit: { rate: 0.07, kept: 1.05 },
            topDoubt: 9,
          };
        };
        const start = startStream(DEFAULT_PARAMS.failRatios, DEFAULT_PARAMS);
        const whole = observeStream(start, observation(2), DEFAULT_PARAMS);
        const halves = observeStream(observeStream(start, observation(1), DEFAULT_PARAMS), observation(1), DEFAULT_PARAMS);
        expect(eOf(halves)).toBeCloseTo(eOf(whole), 9);
        expect(doubtOf(halves)).toBeCloseTo(doubtOf(whole), 9);
      }),
    );
  });

  it("is the same for a whole release where the noise factor is known, and credit and reserve do not bind", () => {
    const params = { ...DEFAULT_PARAMS, noiseBlocks: 1e12, confirmSeconds: 1e-6, topUp: 0, alpha: 1e-300 };
    const still = { params, steps: [{ weight: 0.05, onInconclusive: "Hold" as const, minSeconds: 1e9 }] };
    fc.assert(
      fc.property(fc.array(fc.record({ xc: fc.nat(4), xs: fc.nat(8) }), { minLength: 1, maxLength: 12 }), (parts) => {
        const whole = parts.map(({ xc, xs }) => failing(76, 2 * xc, 1424, 2 * xs, 15));
        const halves = parts.flatMap(({ xc, xs }) => Array(2).fill(failing(38, xc, 712, xs, 7.5)) as GuardScrape[]);
        const [a, b] = [played(still, fresh({ params }), whole), played(still, fresh({ params }), halves)];
        expect(Math.log(b.state.e)).toBeCloseTo(Math.log(a.state.e), 7);
        expect(b.outcomes.at(-1)!.doubt).toBeCloseTo(a.outcomes.at(-1)!.doubt, 7);
        expect(b.state.cuts).toBe(a.state.cuts);
      }),
    );
  });
});

describe("bad counts", () => {
  const { state } = played(CONFIG, fresh(EVERYTHING), []);
  const good: GuardScrape = {
    seconds: 15,
    failures: counts(38, 1, 712, 4),
    clientErrors: counts(38, 1, 712, 7),
    latency: { nc: 37, ns: 708, overCanary: [20, 9, 2, 1, 0], overStable: [500, 250, 40, 9, 2] },
  };

  it.each<[string, GuardScrape, object]>([
    ["more failures than requests", { ...good, failures: counts(3, 4, 712, 4) }, { reason: "MoreBadThanAll", kind: "Failures" }],
    ["more of stable's", { ...good, failures: counts(38, 1, 3, 4) }, { reason: "MoreBadThanAll", kind: "Failures" }],
    ["no number", { ...good, failures: counts(38, Number.NaN, 712, 4) }, { reason: "NotACount", kind: "Failures" }],
    ["infinite", { ...good, failures: counts(Number.POSITIVE_INFINITY, 1, 712, 4) }, { reason: "NotACount", kind: "Failures" }],
    ["half a failure", { ...good, failures: counts(38, 0.5, 712, 4) }, { reason: "NotACount", kind: "Failures" }],
    ["more than can be counted", { ...good, failures: counts(38, 1, 1e300, 4) }, { reason: "NotACount", kind: "Failures" }],
    ["negative", { ...good, failures: counts(38, -1, 712, 4) }, { reason: "NotACount", kind: "Failures" }],
    [
      "more that ADVANCE takes",
      { ...good, failures: { ...good.failures, settled: counts(39, 1, 712, 4) } },
      { reason: "MoreSettledThanAll", kind: "Failures" },
    ],
    ["no time", { ...good, seconds: 0 }, { reason: "NoTime" }],
    ["time that is no number", { ...good, seconds: Number.NaN }, { reason: "NoTime" }],
    ["endless time", { ...good, seconds: Number.POSITIVE_INFINITY }, { reason: "NoTime" }],
  ])("of requests and failures refuse the scrape: %s", (_, scrape, refusal) => {
    expect(observe(CONFIG, state, scrape)).toEqual({ ok: false, refusal });
    expect(step(CONFIG, state, scrape)).toEqual({ ok: false, refusal });
  });

  it.each<[string, GuardScrape, object]>([
    ["client errors of nobody", { ...good, clientErrors: counts(38, 39, 712, 7) }, { reason: "MoreBadThanAll", kind: "ClientErrors" }],
    ["no client errors", { ...good, clientErrors: undefined }, { reason: "Missing", kind: "ClientErrors" }],
    ["no histogram", { ...good, latency: undefined }, { reason: "Missing", kind: "Latency" }],
    ["other bounds", { ...good, latency: { ...good.latency!, overCanary: [20, 9, 2] } }, { reason: "BoundsDiffer", kind: "Latency" }],
    [
      "a histogram that falls",
      { ...good, latency: { ...good.latency!, overCanary: [20, 9, 10, 1, 0] } },
      { reason: "NotCumulative", kind: "Latency" },
    ],
    ["more slow than answers", { ...good, latency: { ...good.latency!, nc: 19 } }, { reason: "MoreBadThanAll", kind: "Latency" }],
    [
      "a bucket of no number",
      { ...good, latency: { ...good.latency!, overStable: [Number.NaN, 250, 40, 9, 2] } },
      { reason: "NotACount", kind: "Latency" },
    ],
  ])("of another stream leave it standing, name it and go on with the others: %s", (_, scrape, refusal) => {
    const refused = observed(CONFIG, state, scrape);
    const whole = observed(CONFIG, state, good);
    expect(refused.outcome.refusals).toEqual([refusal]);
    const { kind } = refusal as { kind: string };
    const places = kind === "ClientErrors" ? [1] : [2, 3, 4, 5];
    for (const [place, stream] of refused.state.streams.entries())
      expect(stream).toEqual((places.includes(place) ? state : whole.state).streams[place]);
    expect(refused.state.usual.answers - state.usual.answers).toBe(kind === "Latency" ? 0 : 708);
  });

  it("end no step", () => {
    const clean: GuardScrape = {
      seconds: 15,
      failures: counts(380, 0, 7120, 36),
      latency: { nc: 380, ns: 7084, overCanary: [280, 120, 20, 4, 1], overStable: [5000, 2500, 440, 95, 26] },
    };
    const { state: ready, outcomes } = played(CONFIG, fresh({ bounds: BOUNDS }), Array(4).fill(clean));
    expect(outcomes.at(-1)!.decision).toBe("Advance");
    const before = { ...ready, step: 0, stepSeconds: 60, margin: 0.01 };
    expect(observed(CONFIG, before, clean).outcome.verdict).toBe("StepOver");
    expect(observed(CONFIG, before, { ...clean, latency: undefined }).outcome.verdict).toBe("Running");
  });

  it("after the end are refused, too", () => {
    expect(observe(CONFIG, { ...state, ended: "Rollback" }, good)).toEqual({ ok: false, refusal: { reason: "Ended" } });
  });
});

describe("the second count of failures", () => {
  it("is what ADVANCE takes, and nothing else does", () => {
    const one = failing(38, 3);
    const young: GuardScrape = { ...one, failures: { ...one.failures, settled: counts(20, 0, 712, 4) } };
    const [all, settled] = [one, young].map((scrape) => observed(CONFIG, fresh(), scrape));
    expect(settled!.outcome.advanceMissing[0]).toBeLessThan(all!.outcome.advanceMissing[0]!);
    const without = ({ adv, advCredit, slope, ...rest }: (typeof all & object)["state"]["streams"][number]) => rest;
    expect(settled!.state.streams.map(without)).toEqual(all!.state.streams.map(without));
  });
});

describe("the course of a release", () => {
  it("a good one is promoted step by step, and never looked at again", () => {
    const good = failing(380, 2, 7120, 36);
    const { state, outcomes } = played(CONFIG, fresh(), Array(100).fill(good));
    expect(outcomes.filter(({ decision }) => decision !== "Running").map(({ decision }) => decision)).toEqual([
      "Advance",
      "Advance",
      "Advance",
      "Promote",
    ]);
    expect(state).toMatchObject({ ended: "Promote", step: 3 });
    expect(outcomes.at(-1)!.share).toBe(1);
  });

  it("a bad one is starved at once and condemned on the trickle", () => {
    const { outcomes } = played(CONFIG, fresh(), Array(100).fill(failing(38, 10)));
    expect(outcomes[0]!.share).toBeLessThan(0.05);
    expect(outcomes.at(-1)).toMatchObject({ decision: "Rollback", share: 0, lead: { stream: { kind: "Failures" } } });
    expect(15 * outcomes.length).toBeGreaterThanOrEqual(75);
  });

  it("with the brake off the share stays, and the rollback comes all the same", () => {
    const off = { ...CONFIG, params: { ...DEFAULT_PARAMS, brakeOdds: Number.POSITIVE_INFINITY } };
    const { outcomes } = played(off, fresh(), Array(100).fill(failing(38, 10)));
    expect(outcomes.slice(0, -1).every(({ share }) => share === 0.05)).toBe(true);
    expect(outcomes.at(-1)!.decision).toBe("Rollback");
  });

  it("an incident on stable ends no step and gives no ADVANCE evidence, and E goes on", () => {
    const { state } = played(CONFIG, fresh(), Array(3).fill(failing(380, 2, 7120, 36)));
    const { state: after, outcome } = observed(CONFIG, state, failing(380, 76, 7120, 1424));
    expect(outcome).toMatchObject({ incident: true, verdict: "Running" });
    expect(after.streams[0]!.adv).toEqual(state.streams[0]!.adv);
    expect(after.usual).toEqual(state.usual);
    expect(after.e).not.toBe(state.e);
  });

  it("the step's time stands still while the share is cut", () => {
    const cut = observed(CONFIG, fresh(), failing(38, 10));
    expect(cut.outcome.cuts).toBeGreaterThan(0);
    const later = observed(CONFIG, cut.state, failing(5, 0));
    expect(later.state.stepSeconds).toBe(cut.state.stepSeconds);
  });

  it("a step that is entered anew begins its time, its margin and its ADVANCE evidence afresh", () => {
    const { state } = played(CONFIG, fresh(), Array(3).fill(failing(380, 2, 7120, 36)));
    const { state: after } = observed(CONFIG, enterStep(state, 2), failing(38, 0, 712, 4));
    expect(after).toMatchObject({ step: 2, stepSeconds: 15 });
    expect(after.margin).not.toBe(state.margin);
    const [adv] = after.streams.map((stream) => stream.adv);
    expect(Math.max(...adv!)).toBeLessThan(Math.max(...state.streams[0]!.adv));
  });

  it("a step's own times hold before the defaults", () => {
    const quick = { ...CONFIG, steps: [{ weight: 0.05, minSeconds: 15, maxSeconds: 15, onInconclusive: "Advance" as const }] };
    expect(observed(quick, fresh(), failing(1, 0, 1, 0)).outcome).toMatchObject({ verdict: "StepOver", inconclusive: true });
    const holding = { ...quick, steps: [{ ...quick.steps[0]!, onInconclusive: "Hold" as const }] };
    expect(observed(holding, fresh(), failing(1, 0, 1, 0)).outcome).toMatchObject({ verdict: "Running", inconclusive: true });
  });
});
