/**
 * The streams together. E is a weighted mean of theirs: a mean of e-processes is one under any dependence (Vovk & Wang 2021),
 * so the weights are the streams' shares of alpha. Doubt is the largest stream's. A step ends when every stream has passed
 * (intersection-union: no correction is needed).
 */
import type { Credit } from "./credit.ts";
import { logMeanExp } from "./numbers.ts";
import type { GuardParams } from "./params.ts";
import { eOf } from "./reserve.ts";
import type { StreamState } from "./stream.ts";

/** Which streams there are, in this order: failures, client errors where they are judged, one for each bound after the first. */
export interface Layout {
  readonly clientErrors: boolean;
  /** Ascending histogram bounds in milliseconds; the first is only a neighbour. Empty: latency is not judged. */
  readonly bounds: readonly number[];
}

export type StreamName = { readonly kind: "Failures" | "ClientErrors" } | { readonly kind: "Latency"; readonly overMs: number };

export function streamNames({ clientErrors, bounds }: Layout): readonly StreamName[] {
  const latency = bounds.slice(1).map((overMs) => ({ kind: "Latency", overMs }) as const);
  return [{ kind: "Failures" }, ...(clientErrors ? ([{ kind: "ClientErrors" }] as const) : []), ...latency];
}

/** The alternatives of a stream. */
export function ratiosOf({ kind }: StreamName, { latencyRatios, failRatios }: GuardParams): readonly number[] {
  return kind === "Latency" ? latencyRatios : failRatios;
}

/** One weight for each stream; their sum is 1. */
export function alphaShares(params: GuardParams, names: readonly StreamName[]): readonly number[] {
  const failures = failureShare(params, names);
  const latencies = names.filter(isLatency).length;
  const clientErrors = names.some(({ kind }) => kind === "ClientErrors");
  return names.map(({ kind }) => {
    if (kind === "Latency") return (1 - failures) / latencies;
    if (kind === "ClientErrors") return params.clientShare;
    return clientErrors ? failures - params.clientShare : failures;
  });
}

/** Of failures and client errors together: all, where latency is not judged, and nothing where latency alone is. */
function failureShare(params: GuardParams, names: readonly StreamName[]): number {
  if (!names.some(isLatency)) return 1;
  return names.every(isLatency) ? 0 : params.failureShare;
}

function isLatency({ kind }: StreamName): boolean {
  return kind === "Latency";
}

/** How fast each stream may take evidence: what it needs for a rollback alone, in `confirmSeconds`. Latency by its whole share. */
export function creditsOf(params: GuardParams, names: readonly StreamName[], braked: boolean): readonly Credit[] {
  const shares = alphaShares(params, names);
  const latency = 1 - failureShare(params, names);
  return names.map((name, index) => {
    const rate = need(params, isLatency(name) ? latency : shares[index]!) / params.confirmSeconds;
    return { rate, kept: rate * (braked ? params.creditBrakedSeconds : params.creditSeconds) };
  });
}

/** Nats from the start to a rollback, for a stream with this share of alpha. */
function need({ alpha, startWealth }: GuardParams, share: number): number {
  return Math.log(1 / (alpha * share * startWealth)) + 1e-6;
}

export function combinedE(streams: readonly StreamState[], shares: readonly number[]): number {
  return streams.reduce((sum, stream, index) => sum + shares[index]! * eOf(stream), 0);
}

/** Nats; e^doubt are the odds that people are shown. */
export function doubtOf({ doubt }: StreamState): number {
  return logMeanExp(doubt);
}

export function combinedDoubt(streams: readonly StreamState[]): number {
  return Math.max(...streams.map(doubtOf));
}

/** The stream that speaks, and how many times stable's the canary's rate most likely is there. */
export interface Lead {
  readonly stream: StreamName;
  readonly ratio: number;
}

/** Doubt stands still at its top: of ratios that are there together the largest is named. */
export function leadOf(streams: readonly StreamState[], params: GuardParams, names: readonly StreamName[]): Lead {
  const doubts = streams.map(doubtOf);
  const place = doubts.indexOf(Math.max(...doubts));
  const stream = names[place]!;
  const { doubt } = streams[place]!;
  return { stream, ratio: ratiosOf(stream, params)[doubt.lastIndexOf(Math.max(...doubt))]! };
}
