/**
 * What every analysis test must hold, run by the test file of each: more bad requests never make a verdict better, no
 * data never passes, a restart in the middle and scrapes in other pieces change nothing.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnalysisTest } from "../../src/analysis/analysis-test.ts";
import { fold } from "../../src/analysis/bins.ts";
import { type AnalysisState, stateOf } from "../../src/analysis/state.ts";
import type { AnalysisPolicy } from "../../src/api/policy.ts";
import type { CheckStatus, Verdict } from "../../src/api/status.ts";
import type { Answered, Scrape } from "../../src/domain/samples.ts";
import { counts, history, scrape, T0, type Traffic } from "./scrapes.ts";

const GOODNESS: Record<Verdict, number> = { Fail: 0, Error: 1, NoData: 1, Inconclusive: 1, Pass: 2 };

export interface Contract {
  readonly test: AnalysisTest;
  readonly policy: AnalysisPolicy;
  /** One of the canary's good requests turned into the worst that this test knows. */
  readonly worse: (traffic: Traffic) => Traffic;
}

export function analysisTestContract({ test, policy, worse }: Contract): void {
  const since = T0;
  const options = { limitsMs: policy.latency.map(({ maxMs }) => maxMs), since };

  function judged(state: AnalysisState | undefined, now: number): CheckStatus[] {
    return test.judge({ policy, state, now, since });
  }

  function folded(scrapes: readonly Scrape[], from?: AnalysisState): AnalysisState {
    return fold(from, scrapes, options);
  }

  describe(`the contract of analysis tests: ${test.name}`, () => {
    it("no data never passes", () => {
      const silent = folded(Array.from({ length: 30 }, (_, i) => scrape(i * 10, { requests: 0 }, { requests: 100 })));
      for (const state of [undefined, folded([]), silent]) {
        const checks = judged(state, T0 + 300_000);
        expect(checks.length).toBeGreaterThan(0);
        for (const { verdict, why } of checks) {
          expect(verdict).toBe("NoData");
          expect(why).not.toBe("");
        }
      }
    });

    it("one more bad request among as many never makes it better, and enough of them fail", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 400 }), (requests) => {
          let traffic: Traffic = { requests };
          let last: Verdict[] = [];
          for (let bad = 0; bad <= requests; bad++) {
            const verdicts = judged(folded([scrape(10, traffic)]), T0 + 10_000).map(({ verdict }) => verdict);
            for (const [index, verdict] of verdicts.entries())
              expect(GOODNESS[verdict]).toBeLessThanOrEqual(GOODNESS[last[index] ?? "Pass"]);
            last = verdicts;
            traffic = worse(traffic);
          }
          if (requests >= 3) expect(last).toContain("Fail");
        }),
        { numRuns: 25 },
      );
    });

    it("never passes with fewer requests than the policy asks for", () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: policy.minRequests - 1 }), (requests) => {
          for (const { verdict } of judged(folded([scrape(10, { requests })]), T0 + 10_000)) expect(verdict).toBe("Inconclusive");
        }),
      );
      for (const { verdict } of judged(folded([scrape(10, { requests: policy.minRequests })]), T0 + 10_000)) expect(verdict).toBe("Pass");
    });

    it("a restart in the middle changes nothing", () => {
      fc.assert(
        fc.property(history, fc.nat(60), (scrapes, cut) => {
          const whole = folded(scrapes);
          const restarted = folded(scrapes, stateOf(JSON.parse(JSON.stringify(folded(scrapes.slice(0, cut))))));
          const now = whole.at + 5_000;
          expect(judged(restarted, now)).toEqual(judged(whole, now));
        }),
      );
    });

    it("the same requests in two scrapes instead of one change nothing", () => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), fc.nat(20), (first, second, bad) => {
          let worst: Traffic = { requests: first };
          for (let i = 0; i < Math.min(bad, first); i++) worst = worse(worst);
          const [a, b] = [counts(worst), counts({ requests: second })];
          const one: Scrape = { ...scrape(12, { requests: 0 }), canary: joined(a, b) };
          const two = [
            { ...scrape(11, { requests: 0 }), canary: a },
            { ...scrape(12, { requests: 0 }), canary: b },
          ];
          expect(judged(folded(two), T0 + 12_000)).toEqual(judged(folded([one]), T0 + 12_000));
        }),
      );
    });

    it("stable's numbers are for people: they decide nothing", () => {
      fc.assert(
        fc.property(history, (scrapes) => {
          const alone = scrapes.map((one) => ({ ...one, stable: counts({ requests: 0 }) }));
          const verdicts = (list: readonly Scrape[]) => judged(folded(list), T0 + 600_000).map(({ verdict }) => verdict);
          expect(verdicts(alone)).toEqual(verdicts(scrapes));
        }),
      );
    });
  });
}

function joined(a: Scrape["canary"], b: Scrape["canary"]): Scrape["canary"] {
  return {
    ...joinedAnswers(a, b),
    meshed: a.meshed + b.meshed,
    clientOnly: 0,
    settled: joinedAnswers(a.settled, b.settled),
  };
}

function joinedAnswers(a: Answered, b: Answered): Answered {
  return {
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    clientErrors: a.clientErrors + b.clientErrors,
    latency: {
      le: a.latency.le,
      counts: a.latency.counts.map((count, i) => count + (b.latency.counts[i] ?? 0)),
      total: a.latency.total + b.latency.total,
    },
  };
}
