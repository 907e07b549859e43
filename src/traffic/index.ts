/** The registry of route kinds, and the weights of a percentage. */
import { httpRoute } from "./httproute.ts";
import type { RouteKind, Weights } from "./route-kind.ts";

export type { RouteKind };

export const ROUTE_KINDS = { HTTPRoute: httpRoute } as const satisfies Record<string, RouteKind>;

/** The pair that gives the canary so many percent: of 100, or of 1000 where it is a fraction of a percent. */
export function weightsOf(percent: number): Weights {
  const total = Number.isInteger(percent) ? 100 : 1000;
  const canary = Math.min(total, Math.max(0, Math.round((percent * total) / 100)));
  return { stable: total - canary, canary };
}
