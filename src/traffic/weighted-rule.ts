/**
 * Surgery on the one rule of a route that splits between two Services. Shared by the route kinds, whose rules and
 * backendRefs have one shape.
 *
 * Only the two weights change, by guarded operations, and the mark of a final cut. Both backends stay in the rule at all
 * times and never get 0 together: a lone backend ignores its weight, and all zeros make Linkerd's proxies ignore every
 * later change too.
 */
import { CUT } from "../api/marks.ts";
import type { BackendRef, PatchOperation, Route } from "../domain/kube.ts";
import type { Backends, Refusal, Split, Weights, WriteOptions } from "./route-kind.ts";

const MAX_WEIGHT = 1_000_000;

export function readSplit(route: Route, backends: Backends): Split | Refusal {
  const found = locate(route, backends);
  if (!found.ok) return found;
  const weights = { stable: weightOf(found.stable.ref), canary: weightOf(found.canary.ref) };
  const total = weights.stable + weights.canary;
  if (total === 0) return refusal("AllWeightsZero", `${nameOf(route)} gives weight 0 to both versions: set one of them above 0.`);
  return { ok: true, rule: found.rule, weights, total, percent: (100 * weights.canary) / total };
}

export function writeSplit(route: Route, backends: Backends, weights: Weights, options: WriteOptions = {}): PatchOperation[] {
  requireSplit(weights);
  const found = locate(route, backends);
  if (!found.ok) throw new Error(found.message);
  const { resourceVersion, cut } = options;
  const places = [
    { place: found.stable, weight: weights.stable },
    { place: found.canary, weight: weights.canary },
  ];
  const differing = places.filter(({ place, weight }) => place.ref.weight !== weight);
  const mark = cutChange(route, cut);
  if (differing.length + mark.length === 0) return [];
  // Without the version as a guard the route may be another by now, so both weights are said in full.
  const written = resourceVersion === undefined ? places : differing;
  const changes = [...written.map(({ place, weight }) => weightWrite(found.rule, place, weight)), ...mark];
  return [
    ...(resourceVersion === undefined ? [] : [{ op: "test", path: "/metadata/resourceVersion", value: resourceVersion } as const]),
    { op: "test", path: `${pathOf(found.rule, found.stable)}/name`, value: backends.stable },
    { op: "test", path: `${pathOf(found.rule, found.canary)}/name`, value: backends.canary },
    ...changes,
  ];
}

interface Place {
  readonly index: number;
  readonly ref: BackendRef;
}

interface Located {
  readonly ok: true;
  readonly rule: number;
  readonly stable: Place;
  readonly canary: Place;
}

/** The only rule that has both; a rule that has one of them alone is somebody else's. */
function locate(route: Route, backends: Backends): Located | Refusal {
  const rules = (route.spec.rules ?? []).flatMap(({ backendRefs = [] }, rule) => {
    const stable = placesOf(route, backendRefs, backends.stable);
    const canary = placesOf(route, backendRefs, backends.canary);
    return stable.length > 0 && canary.length > 0 ? [{ rule, stable, canary }] : [];
  });
  const both = `Services ${backends.stable} and ${backends.canary}`;
  const [found, another] = rules;
  if (found === undefined) {
    return refusal("BackendsMissing", `${nameOf(route)} has no rule with both ${both}: put both into one rule.`);
  }
  const [stable, ...stables] = found.stable;
  const [canary, ...canaries] = found.canary;
  if (another !== undefined || stable === undefined || canary === undefined || stables.length + canaries.length > 0) {
    return refusal("AmbiguousBackends", `${nameOf(route)} names ${both} more than once: leave each in one place of one rule.`);
  }
  return { ok: true, rule: found.rule, stable, canary };
}

function placesOf(route: Route, refs: readonly BackendRef[], service: string): Place[] {
  return refs.flatMap((ref, index) => (ref.name === service && isLocalService(ref, route) ? [{ index, ref }] : []));
}

function isLocalService({ group = "", kind = "Service", namespace }: BackendRef, route: Route): boolean {
  const isService = (group === "" || group === "core") && kind === "Service";
  return isService && (namespace === undefined || namespace === route.metadata.namespace);
}

/** Gateway API: an absent weight counts 1. */
function weightOf(ref: BackendRef): number {
  return ref.weight ?? 1;
}

function weightWrite(rule: number, place: Place, value: number): PatchOperation {
  const op = place.ref.weight === undefined ? "add" : "replace";
  return { op, path: `${pathOf(rule, place)}/weight`, value };
}

function cutChange(route: Route, cut: string | null | undefined): PatchOperation[] {
  const { annotations } = route.metadata;
  if (cut === undefined || (annotations?.[CUT] ?? null) === cut) return [];
  const path = `/metadata/annotations/${CUT.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (cut === null) return [{ op: "remove", path }];
  if (annotations === undefined) return [{ op: "add", path: "/metadata/annotations", value: { [CUT]: cut } }];
  return [{ op: "add", path, value: cut }];
}

function pathOf(rule: number, { index }: Place): string {
  return `/spec/rules/${rule}/backendRefs/${index}`;
}

function requireSplit({ stable, canary }: Weights): void {
  const valid = [stable, canary].every((weight) => Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT);
  if (!valid || stable + canary === 0) throw new RangeError(`no split: stable ${stable}, canary ${canary}`);
}

function nameOf(route: Route): string {
  return `${route.kind} ${route.metadata.name}`;
}

function refusal(reason: string, message: string): Refusal {
  return { ok: false, reason, message };
}
