/** The controller's requests by kind, out of all that an API server counted. */
import type { RequestCount } from "../../src/standin/apiserver/counts.ts";
import { CONTROLLER, WRITES } from "../../src/standin/demo/costs.ts";

export interface Requests {
  readonly writes: number;
  readonly reads: number;
  readonly watches: number;
  /** Reads and writes of the lease. */
  readonly lease: number;
  /** By verb and kind, most first: `patch canaryrollouts/status`. */
  readonly by: Readonly<Record<string, number>>;
}

export function requestsOf(counts: readonly RequestCount[]): Requests {
  const own = counts.filter(({ userAgent }) => userAgent.startsWith(CONTROLLER));
  const sum = (holds: (one: RequestCount) => boolean) => own.filter(holds).reduce((total, { count }) => total + count, 0);
  const isLease = ({ resource }: RequestCount) => resource === "leases";
  const by = new Map<string, number>();
  for (const { verb, resource, subresource, count } of own) {
    const name = `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
    by.set(name, (by.get(name) ?? 0) + count);
  }
  return {
    writes: sum((one) => WRITES.has(one.verb) && !isLease(one)),
    watches: sum(({ verb }) => verb === "watch"),
    reads: sum((one) => !WRITES.has(one.verb) && one.verb !== "watch" && !isLease(one)),
    lease: sum(isLease),
    by: Object.fromEntries(by),
  };
}

export function between(before: Requests, after: Requests): Requests {
  const by = Object.entries(after.by).map(([name, count]) => [name, count - (before.by[name] ?? 0)] as const);
  return {
    writes: after.writes - before.writes,
    reads: after.reads - before.reads,
    watches: after.watches - before.watches,
    lease: after.lease - before.lease,
    by: Object.fromEntries(by.filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])),
  };
}
