/** Who asked what how often: what a release costs, counted where it arrives and not where it is sent. */
import type { ResourceRequest } from "./context.ts";

export interface RequestCount {
  readonly userAgent: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly code: number;
  readonly count: number;
}

export interface Counter {
  add(request: ResourceRequest, code: number): void;
  all(): readonly RequestCount[];
}

export function createCounter(): Counter {
  const counts = new Map<string, RequestCount>();
  return {
    add({ userAgent, verb, kind, subresource }, code) {
      const one = { userAgent, verb, group: kind.group, resource: kind.plural, subresource: subresource ?? "", code };
      const key = JSON.stringify(one);
      counts.set(key, { ...one, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    all: () => [...counts.values()],
  };
}
