/**
 * Endpoints into slices of at most 100, with few changes: who is in a slice stays in it; newcomers go into slices that change anyway, then into the
 * fullest slice that holds them all, and only then into new ones.
 */
import { equalJson } from "../../json.ts";
import type { Endpoint } from "./endpoints.ts";

export const MOST_ENDPOINTS = 100;

export interface Packed<S> {
  /** Slices with other contents than they have. */
  readonly change: readonly { readonly slice: S; readonly endpoints: readonly Endpoint[] }[];
  readonly drop: readonly S[];
  /** The contents of slices to make. */
  readonly make: readonly (readonly Endpoint[])[];
}

export interface Slot<S> {
  readonly slice: S;
  readonly endpoints: readonly Endpoint[];
}

export function pack<S>(slots: readonly Slot<S>[], desired: readonly Endpoint[]): Packed<S> {
  const left = new Map(desired.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = slots.map(({ slice, endpoints }) => ({
    slice,
    before: endpoints,
    endpoints: endpoints.flatMap((old) => taken(left, identity(old))),
  }));
  for (const slot of kept.filter((other) => other.endpoints.length > 0 && !equalJson(other.before, other.endpoints)).sort(fullestFirst)) {
    fill(slot.endpoints, left);
  }
  const roomy = kept
    .filter((slot) => slot.endpoints.length > 0 && slot.endpoints.length + left.size <= MOST_ENDPOINTS)
    .sort(fullestFirst)[0];
  const make: Endpoint[][] = [];
  while (left.size > 0) {
    const target = left.size < MOST_ENDPOINTS && roomy !== undefined ? roomy.endpoints : newSlice(make);
    fill(target, left);
  }
  return {
    change: kept.filter((slot) => slot.endpoints.length > 0 && !equalJson(slot.before, slot.endpoints)),
    drop: kept.filter((slot) => slot.endpoints.length === 0).map((slot) => slot.slice),
    make,
  };
}

/** One endpoint is the same as long as it is the same pod at the same address. */
function identity({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([addresses, hostname, targetRef?.namespace, targetRef?.name]);
}

function taken(left: Map<string, Endpoint>, key: string): Endpoint[] {
  const found = left.get(key);
  left.delete(key);
  return found === undefined ? [] : [found];
}

function fill(endpoints: Endpoint[], left: Map<string, Endpoint>): void {
  for (const [key, endpoint] of left) {
    if (endpoints.length >= MOST_ENDPOINTS) {
      return;
    }
    endpoints.push(endpoint);
    left.delete(key);
  }
}

function newSlice(make: Endpoint[][]): Endpoint[] {
  const endpoints: Endpoint[] = [];
  make.push(endpoints);
  return endpoints;
}

function fullestFirst(a: { readonly endpoints: readonly Endpoint[] }, b: { readonly endpoints: readonly Endpoint[] }): number {
  return b.endpoints.length - a.endpoints.length;
}
