/** Scrapes and policies with modifiers. Times in milliseconds since the epoch. */
import fc from "fast-check";
import type { AnalysisPolicy, LatencyPolicy } from "../../src/api/policy.ts";
import type { Counts, Scrape } from "../../src/domain/samples.ts";

export const T0 = Date.parse("2026-11-25T10:00:00Z");
export const BOUNDS = [100, 200, 300, 400, 500, 1000];

/** `slow` of the answers that did not fail took 250 ms, `slower` 450 ms, `slowest` more than any bound; the others 50 ms. */
export interface Traffic {
  readonly requests: number;
  readonly failures?: number;
  readonly clientErrors?: number;
  readonly slow?: number;
  readonly slower?: number;
  readonly slowest?: number;
  readonly le?: readonly number[];
}

/** All pods were ready long before. */
export function counts({ requests, failures = 0, clientErrors = 0, slow = 0, slower = 0, slowest = 0, le = BOUNDS }: Traffic): Counts {
  const total = requests - failures;
  const fast = total - slow - slower - slowest;
  const upTo = (bound: number) => (bound >= 50 ? fast : 0) + (bound >= 250 ? slow : 0) + (bound >= 450 ? slower : 0);
  const answered = { requests, failures, clientErrors, latency: { le, counts: le.map(upTo), total } };
  return { ...answered, meshed: requests, clientOnly: 0, settled: answered };
}

export function scrape(atSeconds: number, canary: Traffic, stable: Traffic = { requests: 0 }): Scrape {
  return { at: T0 + atSeconds * 1000, seconds: 10, canary: counts(canary), stable: counts(stable) };
}

export function limit(maxMs: number, percentile = "99"): LatencyPolicy {
  return { percentile, quantile: Number(percentile) / 100, maxMs };
}

export function policy(more: Partial<AnalysisPolicy> = {}): AnalysisPolicy {
  return {
    preset: "Linkerd",
    source: "Proxies",
    clients: undefined,
    intervalMs: 10_000,
    minRequests: 50,
    successRateMin: 0.99,
    latency: [],
    onError: "Hold",
    errorTimeoutMs: 600_000,
    ...more,
  };
}

export const traffic: fc.Arbitrary<Traffic> = fc
  .record({ requests: fc.nat(200), parts: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100)) })
  .map(({ requests, parts }) => {
    // Parts of what is left, so that nothing sums to more than there is.
    let left = requests;
    const [failures, slow, slower, slowest] = parts.map((part) => {
      const taken = Math.floor((left * part * part * part) / 1_000_000);
      left -= taken;
      return taken;
    }) as [number, number, number, number];
    return { requests, failures, slow, slower, slowest };
  });

/** A history: gaps of 1 to 120 s between scrapes. */
export const history: fc.Arbitrary<Scrape[]> = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 120 }), canary: traffic, stable: traffic }), { maxLength: 60 })
  .map((entries) => {
    let at = 0;
    return entries.map(({ gap, canary, stable }) => {
      at += gap;
      return scrape(at, canary, stable);
    });
  });
