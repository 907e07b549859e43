/** What a release costs, counted where the requests arrive. */
import type { RequestCount } from "../apiserver/counts.ts";

/** How the controller names itself to the API server. */
export const CONTROLLER = "serin-controller/";
export const WRITES: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export interface Costs {
  /** Of the controller, lease renewals left out. */
  readonly apiWrites: number;
  readonly apiReads: number;
  readonly leaseWrites: number;
  readonly metricQueries: number;
  readonly scrapes: number;
  readonly podsStarted: number;
}

export interface Readings {
  readonly requests: readonly RequestCount[];
  readonly forwarded: { readonly scrapes: number; readonly metricQueries: number };
  readonly podsStarted: number;
}

export function costsOf({ requests, forwarded, podsStarted }: Readings): Costs {
  const own = requests.filter(({ userAgent }) => userAgent.startsWith(CONTROLLER));
  const sum = (holds: (request: RequestCount) => boolean) => own.filter(holds).reduce((total, { count }) => total + count, 0);
  const isLease = ({ resource }: RequestCount) => resource === "leases";
  const isWrite = ({ verb }: RequestCount) => WRITES.has(verb);
  return {
    apiWrites: sum((request) => isWrite(request) && !isLease(request)),
    apiReads: sum((request) => !isWrite(request) && !isLease(request)),
    leaseWrites: sum((request) => isWrite(request) && isLease(request)),
    ...forwarded,
    podsStarted,
  };
}

export function costsBetween(before: Costs, after: Costs): Costs {
  return {
    apiWrites: after.apiWrites - before.apiWrites,
    apiReads: after.apiReads - before.apiReads,
    leaseWrites: after.leaseWrites - before.leaseWrites,
    metricQueries: after.metricQueries - before.metricQueries,
    scrapes: after.scrapes - before.scrapes,
    podsStarted: after.podsStarted - before.podsStarted,
  };
}
