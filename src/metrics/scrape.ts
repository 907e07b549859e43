/** One moment's increments as a scrape: by version, with the failures that only clients saw. */
import type { Counts, LatencyCounts, PodRef, SampleNotice, SampleRequest, Scrape } from "../domain/samples.ts";
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

export function scrapeOf(counted: readonly Counted[], { request, after, balances }: ScrapeContext): ScrapeResult {
  const at = Math.max(after + 1, ...counted.map((one) => one.at));
  const stable = countsOf("stable", counted, request, balances.stable);
  const canary = countsOf("canary", counted, request, balances.canary);
  const differ = stable.latency === "differ" || canary.latency === "differ" || areUnlike(stable.latency, canary.latency);
  const latencyOf = ({ latency }: VersionCounts) => (differ || latency === "differ" ? NO_LATENCY : latency);
  const notices = [
    ...(differ ? [NOTICES.boundsDiffer] : []),
    ...(stable.histogramInvalid || canary.histogramInvalid ? [NOTICES.histogramInvalid] : []),
  ];
  return {
    scrape: {
      at,
      seconds: (at - after) / 1000,
      stable: { ...stable.counts, latency: latencyOf(stable) },
      canary: { ...canary.counts, latency: latencyOf(canary) },
    },
    balances: { stable: stable.balance, canary: canary.balance },
    notices,
  };
}

interface VersionCounts {
  readonly counts: Omit<Counts, "latency">;
  readonly latency: LatencyCounts | "differ";
  readonly histogramInvalid: boolean;
  readonly balance: Balance;
}

function countsOf(side: Side, counted: readonly Counted[], request: SampleRequest, before: Balance): VersionCounts {
  const servers = partOf(counted, request[side]);
  const clients = partOf(counted, request.clients);
  const { meshedFailures, ...sum } = serverTally(servers.flatMap(({ increments }) => increments));
  const { balance, clientOnly } = settle(before, {
    client: clients.reduce((total, { increments }) => total + clientFailures(increments, side), 0),
    server: request.clients.length === 0 ? 0 : meshedFailures,
    serversLate: servers.length < request[side].length || !areTogether(counted),
    clientsLate: clients.length < request.clients.length,
  });
  return {
    counts: { ...sum, requests: sum.requests + clientOnly, failures: sum.failures + clientOnly, clientOnly },
    ...latencyOf(servers),
    balance,
  };
}

function partOf(counted: readonly Counted[], pods: readonly PodRef[]): readonly Counted[] {
  const uids = new Set(pods.map(({ uid }) => uid));
  return counted.filter(({ uid }) => uids.has(uid));
}

/** Readings closer together than this are of one time. */
const TOGETHER_MS = 1_000;

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
