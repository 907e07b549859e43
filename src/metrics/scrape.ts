/** One moment's increments as a scrape: by version, with the failures that only clients saw. */
import {
  type Answered,
  type Counts,
  isSettled,
  type LatencyCounts,
  type PodRef,
  type SampleNotice,
  type SampleRequest,
  type Scrape,
} from "../domain/samples.ts";
import { type Balance, settle } from "./client-only.ts";
import type { Side } from "./meaning.ts";
import type { Timed } from "./moments.ts";
import { NOTICES } from "./notices.ts";
import { addLatency, clientFailures, haveSameBounds, type Increment, latencyTally, NO_LATENCY, serverTally } from "./tally.ts";

export interface Counted extends Timed {
  readonly increments: readonly Increment[];
}

export interface ScrapeContext {
  readonly request: SampleRequest;
  /** The time of the scrape before. */
  readonly after: number;
  readonly balances: Readonly<Record<Side, Balance>>;
}

export interface ScrapeResult {
  readonly scrape: Scrape;
  readonly balances: Readonly<Record<Side, Balance>>;
  readonly notices: readonly SampleNotice[];
}

export function scrapeOf(counted: readonly Counted[], context: ScrapeContext): ScrapeResult {
  const { after } = context;
  const at = Math.max(after + 1, ...counted.map((one) => one.at));
  const stable = countsOf("stable", counted, context);
  const canary = countsOf("canary", counted, context);
  const differ = stable.latency === "differ" || canary.latency === "differ" || areUnlike(stable.latency, canary.latency);
  const notices = [
    ...(differ ? [NOTICES.boundsDiffer] : []),
    ...(stable.histogramInvalid || canary.histogramInvalid ? [NOTICES.histogramInvalid] : []),
  ];
  return {
    scrape: {
      at,
      seconds: (at - after) / 1000,
      stable: countsWith(stable, differ),
      canary: countsWith(canary, differ),
    },
    balances: { stable: stable.balance, canary: canary.balance },
    notices,
  };
}

function countsWith({ counts, settled, latency }: VersionCounts, differ: boolean): Counts {
  const known = (one: LatencyCounts | "differ") => (differ || one === "differ" ? NO_LATENCY : one);
  return { ...counts, latency: known(latency), settled: { ...settled.counts, latency: known(settled.latency) } };
}

interface VersionCounts {
  readonly counts: Omit<Counts, "latency" | "settled">;
  readonly latency: LatencyCounts | "differ";
  readonly settled: { readonly counts: Omit<Answered, "latency">; readonly latency: LatencyCounts | "differ" };
  readonly histogramInvalid: boolean;
  readonly balance: Balance;
}

function countsOf(side: Side, counted: readonly Counted[], { request, after, balances }: ScrapeContext): VersionCounts {
  const servers = partOf(counted, request[side]);
  const clients = partOf(counted, request.clients);
  const settled = partOf(
    servers,
    request[side].filter((pod) => isSettled(pod, after)),
  );
  const { meshedFailures, ...sum } = serverTally(servers.flatMap(({ increments }) => increments));
  const latency = latencyOf(servers);
  const { balance, clientOnly } = settle(balances[side], {
    client: clients.reduce((total, { increments }) => total + clientFailures(increments, side), 0),
    server: request.clients.length === 0 ? 0 : meshedFailures,
    serversLate: servers.length < request[side].length || !areTogether(counted),
    clientsLate: clients.length < request.clients.length,
  });
  return {
    counts: { ...sum, requests: sum.requests + clientOnly, failures: sum.failures + clientOnly, clientOnly },
    ...latency,
    // Mostly all pods are: nothing is added up twice.
    settled: settled.length === servers.length ? { counts: answersOf(sum), latency: latency.latency } : settledOf(settled),
    balance,
  };
}

function settledOf(servers: readonly Counted[]): VersionCounts["settled"] {
  const counts = answersOf(serverTally(servers.flatMap(({ increments }) => increments)));
  return { counts, latency: latencyOf(servers).latency };
}

function answersOf({ requests, failures, clientErrors }: Omit<Answered, "latency">): Omit<Answered, "latency"> {
  return { requests, failures, clientErrors };
}

function partOf(counted: readonly Counted[], pods: readonly PodRef[]): readonly Counted[] {
  const uids = new Set(pods.map(({ uid }) => uid));
  return counted.filter(({ uid }) => uids.has(uid));
}

/** Readings closer together than this are of one time: what one of them has and another has not is more than the moment between them. */
const TOGETHER_MS = 200;

function areTogether(counted: readonly Counted[]): boolean {
  const times = counted.map(({ at }) => at);
  return Math.max(...times) - Math.min(...times) <= TOGETHER_MS;
}

function latencyOf(servers: readonly Counted[]): Pick<VersionCounts, "latency" | "histogramInvalid"> {
  let latency: LatencyCounts | "differ" = NO_LATENCY;
  let histogramInvalid = false;
  for (const { increments } of servers) {
    const tally = latencyTally(increments);
    histogramInvalid ||= !tally.ok;
    if (tally.ok && latency !== "differ") latency = addLatency(latency, tally.latency) ?? "differ";
  }
  return { latency, histogramInvalid };
}

function areUnlike(a: LatencyCounts | "differ", b: LatencyCounts | "differ"): boolean {
  return a !== "differ" && b !== "differ" && a.le.length > 0 && b.le.length > 0 && !haveSameBounds(a, b);
}
