/**
 * `status.parents` of an HTTPRoute as Linkerd's policy controller writes it: one entry for each parent that is a Service, with the
 * group spelled `core`, the namespace filled in, and no observedGeneration. It says whether the parent and the backends exist, and
 * nothing about weights or filters.
 */
import type { Condition, ParentRef, Route } from "../../domain/kube.ts";
import { backendOf, type FindService, refersTo } from "./policy.ts";

export const POLICY_CONTROLLER = "linkerd.io/policy-controller";

type RouteParent = NonNullable<NonNullable<Route["status"]>["parents"]>[number];

/** `undefined` where the status says so already. `grpcRoutes`: those of the whole cluster. `now`: an RFC 3339 time. */
export function routeStatus(
  route: Route,
  findService: FindService,
  grpcRoutes: readonly Route[],
  now: string,
): readonly RouteParent[] | undefined {
  const previous = route.status?.parents ?? [];
  const entries = (route.spec.parentRefs ?? [])
    .filter(({ group, kind }) => kind === "Service" && (group === "" || group === "core"))
    .map((ref) => entryOf(ref, route, findService, grpcRoutes));
  const own = entries.map((entry) => withTimes(entry, previous, now));
  const others = previous.filter(({ controllerName }) => controllerName !== POLICY_CONTROLLER);
  const next = [...others, ...own];
  return JSON.stringify(next) === JSON.stringify(previous) ? undefined : next;
}

function entryOf(ref: ParentRef, route: Route, findService: FindService, grpcRoutes: readonly Route[]): RouteParent {
  const namespace = ref.namespace ?? route.metadata.namespace ?? "";
  const parentRef: ParentRef = {
    group: "core",
    kind: "Service",
    namespace,
    name: ref.name,
    ...(ref.port === undefined ? {} : { port: ref.port }),
    ...(ref.sectionName === undefined ? {} : { sectionName: ref.sectionName }),
  };
  return { parentRef, controllerName: POLICY_CONTROLLER, conditions: conditionsOf(ref, route, findService, grpcRoutes) };
}

function conditionsOf(ref: ParentRef, route: Route, findService: FindService, grpcRoutes: readonly Route[]): Condition[] {
  const namespace = ref.namespace ?? route.metadata.namespace ?? "";
  const service = findService(namespace, ref.name);
  const ports = ref.port === undefined ? (service?.spec.ports ?? []).map(({ port }) => port) : [ref.port];
  const conflicts = grpcRoutes.some((other) =>
    (other.spec.parentRefs ?? []).some((held) => ports.some((port) => refersTo(held, other, { namespace, name: ref.name, port }))),
  );
  const refs = (route.spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs);
  const resolved = refs.every((backend) => backendOf(backend, route, findService) !== "invalid");
  return [acceptedOf(service !== undefined, conflicts), condition("ResolvedRefs", resolved, resolved ? "ResolvedRefs" : "BackendNotFound")];
}

function acceptedOf(parentExists: boolean, conflicts: boolean): Condition {
  if (!parentExists) return condition("Accepted", false, "NoMatchingParent");
  return condition("Accepted", !conflicts, conflicts ? "RouteReasonConflicted" : "Accepted");
}

function condition(type: string, holds: boolean, reason: string): Condition {
  return { type, status: holds ? "True" : "False", reason, message: "" };
}

function withTimes(entry: RouteParent, previous: readonly RouteParent[], now: string): RouteParent {
  const before = previous.find(
    ({ parentRef, controllerName }) =>
      controllerName === POLICY_CONTROLLER && JSON.stringify(sorted(parentRef)) === JSON.stringify(sorted(entry.parentRef)),
  );
  const conditions = (entry.conditions ?? []).map((next) => {
    const same = before?.conditions?.find(
      ({ type, status, reason }) => type === next.type && status === next.status && reason === next.reason,
    );
    return same ?? { ...next, lastTransitionTime: now };
  });
  const unchanged = before !== undefined && conditions.every((next, index) => next === before.conditions?.[index]);
  return unchanged && conditions.length === before.conditions?.length ? before : { ...entry, conditions };
}

function sorted(ref: ParentRef): readonly (readonly [string, unknown])[] {
  return Object.entries(ref).toSorted(([a], [b]) => a.localeCompare(b));
}
