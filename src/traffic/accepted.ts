/**
 * What a mesh or gateway says about a route, whoever it is: the entry of `status.parents` for our parent. It confirms
 * that the route is known and its backends exist, never that a weight is in force.
 */
import type { Condition, ParentRef, Route } from "../domain/kube.ts";
import type { Parent, Refusal } from "./route-kind.ts";

export function routeAccepted(route: Route, parent: Parent): { readonly ok: true } | Refusal {
  const entries = (route.status?.parents ?? []).filter((entry) => isParent(entry.parentRef, parent, route));
  const answers = entries.map(({ conditions }) => answerOf(conditions ?? [], route));
  const name = `${route.kind} ${route.metadata.name}`;
  const message = `${name} has no word from the mesh on parent Service ${parent.name} yet: is its policy controller running?`;
  return answers.find(({ ok }) => ok) ?? answers[0] ?? { ok: false, reason: "RouteNotAccepted", message };
}

function answerOf(conditions: readonly Condition[], route: Route): { readonly ok: true } | Refusal {
  const accepted = conditions.find(({ type }) => type === "Accepted");
  const resolved = conditions.find(({ type }) => type === "ResolvedRefs");
  const name = `${route.kind} ${route.metadata.name}`;
  if (accepted === undefined || isStale(accepted, route) || (resolved !== undefined && isStale(resolved, route))) {
    return { ok: false, reason: "RouteNotAccepted", message: `${name} waits for the mesh to look at it.` };
  }
  if (accepted.status !== "True") return refusalOf(accepted, `${name} is not accepted`);
  if (resolved !== undefined && resolved.status === "False") return refusalOf(resolved, `${name} names a backend that does not resolve`);
  return { ok: true };
}

/** A condition without a generation is of unknown age, not stale: Linkerd never sets one. */
function isStale({ observedGeneration }: Condition, route: Route): boolean {
  return observedGeneration !== undefined && observedGeneration < (route.metadata.generation ?? 0);
}

function refusalOf(condition: Condition, what: string): Refusal {
  const words = [condition.reason, condition.message].filter(Boolean).join(": ");
  return { ok: false, reason: condition.reason ?? "RouteNotAccepted", message: words === "" ? what : `${what}: ${words}` };
}

/** Whether a reference of this route, in spec or status, means the parent Service and the port of it that is split. */
export function isParent(ref: ParentRef, parent: Parent, route: Route): boolean {
  const isService = (ref.kind ?? "Gateway") === "Service" && (ref.group === "" || ref.group === "core");
  const namespace = ref.namespace ?? route.metadata.namespace;
  const samePlace = ref.name === parent.name && namespace === parent.namespace;
  return isService && samePlace && (ref.port === undefined || ref.port === parent.port);
}
