/** What one scrape brings, and what of it is no evidence: counts that cannot be counts are refused by name and never counted. */
import type { Layout, StreamName } from "./combine.ts";
import { type Counts, faultOf } from "./counts.ts";

export interface GuardScrape {
  /** The time that it covers: since the scrape before, gaps included. More than 0. */
  readonly seconds: number;
  readonly failures: FailureCounts;
  /** Needed where client errors are judged. */
  readonly clientErrors?: FailureCounts | undefined;
  /** Needed where latency is judged. */
  readonly latency?: LatencyScrape | undefined;
}

/** Every request from a pod's first. */
export interface FailureCounts extends Counts {
  /** Of these, what ADVANCE takes: without each pod's first seconds. All, where absent. */
  readonly settled?: Counts | undefined;
}

/** Answers that did not fail, without each pod's first seconds. */
export interface LatencyScrape {
  readonly nc: number;
  readonly ns: number;
  /** Slower than each of the state's bounds, the neighbour's first. */
  readonly overCanary: readonly number[];
  readonly overStable: readonly number[];
}

export type RefusalReason =
  | "Ended" // the release is over
  | "NoTime" // it covers no time
  | "NotACount" // NaN, infinite, negative, or no whole number
  | "MoreBadThanAll"
  | "MoreSettledThanAll"
  | "Missing" // the stream is judged, and nothing came
  | "BoundsDiffer" // other bounds than those that were chosen
  | "NotCumulative"; // more requests over a higher bound than over a lower one

export interface Refusal {
  readonly reason: RefusalReason;
  /** undefined: the whole scrape. */
  readonly kind?: StreamName["kind"];
}

/** Why nothing of a scrape can be used: without a time or the requests themselves there is nothing to go by. */
export function scrapeRefusal({ seconds, failures }: GuardScrape): Refusal | undefined {
  if (!isTime(seconds)) return { reason: "NoTime" };
  const reason = failureFault(failures);
  return reason && { reason, kind: "Failures" };
}

/** Why client errors or latency of a scrape are not used: their streams stand still, the others go on. */
export function streamRefusals(scrape: GuardScrape, { clientErrors, bounds }: Layout): readonly Refusal[] {
  const client = clientErrors ? failureFault(scrape.clientErrors) : undefined;
  const latency = bounds.length > 0 ? latencyFault(scrape.latency, bounds.length) : undefined;
  return [
    ...(client === undefined ? [] : [{ reason: client, kind: "ClientErrors" } as const]),
    ...(latency === undefined ? [] : [{ reason: latency, kind: "Latency" } as const]),
  ];
}

/** Seconds that a scrape can cover. */
export function isTime(seconds: number): boolean {
  return seconds > 0 && Number.isFinite(seconds);
}

function failureFault(counts: FailureCounts | undefined): RefusalReason | undefined {
  if (counts === undefined) return "Missing";
  const { settled = counts } = counts;
  const fault = faultOf(counts) ?? faultOf(settled);
  if (fault !== undefined) return fault;
  const within = settled.nc <= counts.nc && settled.xc <= counts.xc && settled.ns <= counts.ns && settled.xs <= counts.xs;
  return within ? undefined : "MoreSettledThanAll";
}

function latencyFault(latency: LatencyScrape | undefined, bounds: number): RefusalReason | undefined {
  if (latency === undefined) return "Missing";
  const { nc, ns, overCanary, overStable } = latency;
  if (overCanary.length !== bounds || overStable.length !== bounds) return "BoundsDiffer";
  const faults = overCanary.map((xc, i) => faultOf({ nc, xc, ns, xs: overStable[i]! }));
  return faults.find((fault) => fault !== undefined) ?? (isFalling(overCanary) && isFalling(overStable) ? undefined : "NotCumulative");
}

function isFalling(over: readonly number[]): boolean {
  return over.every((count, i) => count <= (over[i - 1] ?? Number.POSITIVE_INFINITY));
}
