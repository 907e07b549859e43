/**
 * What the mesh reported, as the judging sees it: counts per version and scrape, already differenced.
 * Filled by `metrics/` (and by `sim/`), read by `analysis/` and `engine/`.
 */

/** Answers that did not fail, by latency. `counts[i]` of them took at most `le[i]` milliseconds; `total` counts all. */
export interface LatencyCounts {
  /** Ascending bounds in milliseconds, without +Inf. */
  readonly le: readonly number[];
  readonly counts: readonly number[];
  readonly total: number;
}

/** Requests by how they were answered: differences of counters, whole numbers, never negative, failures + clientErrors <= requests. */
export interface Answered {
  readonly requests: number;
  readonly failures: number;
  /** Refused for what the caller asked (4xx but 429, denied by the mesh): no failure of the version, unless it refuses more than stable does. */
  readonly clientErrors: number;
  readonly latency: LatencyCounts;
}

/** One version between two scrapes. Probe and admin traffic left out; failures that only clients saw included. */
export interface Counts extends Answered {
  /** Requests that came through the mesh (mTLS): the observed share is computed from these alone. */
  readonly meshed: number;
  /** The part of `failures` that no server reported. */
  readonly clientOnly: number;
  /** Of pods that had been ready for 30 s when this scrape began: cold caches and connections are over. */
  readonly settled: Answered;
}

export interface Scrape {
  /** Milliseconds since the epoch: the time of the samples, not of the reading. Strictly increasing in a series. */
  readonly at: number;
  /** The time that this scrape covers, in seconds. */
  readonly seconds: number;
  readonly stable: Counts;
  readonly canary: Counts;
}

/** Why there are no samples, or none to trust. */
export type SampleFaultReason =
  | "Unreachable" // no answer, 5xx, a time-out
  | "Forbidden" // 401 or 403 of the metrics source or of a proxy
  | "BadAnswer" // an answer that is not what it should be
  | "NoSeries" // the source knows nothing about these pods
  | "LabelsMissing" // series are there, a label that the preset needs is not
  | "SourceInconsistent"; // values went back and forth: two servers behind one address

export interface SampleFault {
  readonly reason: SampleFaultReason;
  /** What, where and what to do, for a person; without figures or times. */
  readonly message: string;
  /** Milliseconds since the epoch: when it began. */
  readonly since: number;
}

/** Worth saying once; changes no decision. */
export interface SampleNotice {
  readonly reason: "DuplicateSeries" | "ClientViewMissing" | "VoidSample" | "BoundsDiffer" | "InvalidCounts";
  readonly message: string;
}

export interface Samples {
  /** Oldest first, all newer than the `since` that was asked for. */
  readonly scrapes: readonly Scrape[];
  /** Set while the last poll failed; scrapes from before stay. */
  readonly fault?: SampleFault;
  readonly notices: readonly SampleNotice[];
}

export interface PodRef {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly readyAt?: number;
  /** Restarts of all containers together: moves when a process, and so its counters, started over. */
  readonly restarts: number;
  /** Named container ports, sidecars and native sidecars (init containers) included: `linkerd-admin` -> 4191. */
  readonly ports: Readonly<Record<string, number>>;
}

/** What one release needs measured. Renewed at every reconcile: pods come and go. */
export interface SampleRequest {
  readonly namespace: string;
  /** Name in the preset registry. */
  readonly preset: string;
  readonly source: "Prometheus" | "Proxies";
  readonly intervalMs: number;
  /** The container port that the split Service port leads to. */
  readonly targetPort: number;
  readonly route: { readonly kind: string; readonly name: string };
  readonly services: { readonly apex: string; readonly stable: string; readonly canary: string };
  readonly stable: readonly PodRef[];
  readonly canary: readonly PodRef[];
  /** Pods whose proxies show the client's view; empty where nobody named any. */
  readonly clients: readonly PodRef[];
}

/** A pod is settled so long after it became ready, in milliseconds. */
const SETTLED_AFTER_MS = 30_000;

export function isSettled({ readyAt }: PodRef, time: number): boolean {
  return readyAt !== undefined && readyAt + SETTLED_AFTER_MS <= time;
}
