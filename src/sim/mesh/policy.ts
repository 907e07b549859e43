/**
 * HTTPRoutes as Linkerd's policy controller tells them to a client's proxy: the rules that hold for one port of one Service.
 *
 * Without a route, requests go to the Service's own endpoints. Routes of one parent hold together, the older first. A route
 * that cannot be converted (a filter that Linkerd does not know) keeps what it last said, while its status says Accepted.
 * Header modifiers are taken as they are and change nothing here; redirects are not modelled.
 */
import type { BackendRef, ParentRef, Route, Service } from "../../domain/kube.ts";
import type { BackendName, RouteName, ServiceRef } from "./metrics/outbound.ts";

export interface ValueMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

/** One entry of `matches` of an HTTPRoute. All that it names must hold. */
export interface RouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly headers?: readonly ValueMatch[];
  readonly queryParams?: readonly ValueMatch[];
  readonly method?: string;
}

export interface WeightedBackend {
  readonly backend: BackendName;
  readonly weight: number;
}

export interface PolicyRule {
  readonly route: RouteName;
  /** Empty: everything. */
  readonly matches: readonly RouteMatch[];
  readonly backends: readonly WeightedBackend[];
}

/** Ordered: of rules that match equally well the first holds. */
export type Policy = readonly PolicyRule[];

/** The Service of that name, of whatever namespace. */
export type FindService = (namespace: string, name: string) => Service | undefined;

/** What each route said when it could last be converted, by uid. */
export type Converted = ReadonlyMap<string, readonly PolicyRule[]>;

const KNOWN_FILTERS: ReadonlySet<string> = new Set(["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect"]);

/** The rules of one parent, and what to remember for the next time. `routes` are HTTPRoutes; `conflicted`: a GRPCRoute holds the parent. */
export function policyOf(
  parent: ServiceRef,
  routes: readonly Route[],
  findService: FindService,
  previous: Converted,
  conflicted = false,
): { readonly policy: Policy; readonly converted: Converted } {
  const attached = conflicted || !isSplittable(parent, findService) ? [] : routes.filter((route) => isAttached(route, parent));
  const converted = new Map<string, readonly PolicyRule[]>();
  for (const route of attached.toSorted(byAge)) {
    const uid = route.metadata.uid ?? `${route.metadata.namespace}/${route.metadata.name}`;
    const rules = isConvertible(route) ? rulesOf(route, parent, findService) : previous.get(uid);
    if (rules !== undefined) converted.set(uid, rules);
  }
  const rules = [...converted.values()].flat();
  return { policy: rules.length > 0 ? rules : [ownEndpoints(parent, undefined)], converted };
}

/** Whether a reference of this route means that port of that Service. */
export function refersTo(ref: ParentRef, route: Route, parent: ServiceRef): boolean {
  const isService = ref.kind === "Service" && (ref.group === "" || ref.group === "core");
  const samePlace = ref.name === parent.name && (ref.namespace ?? route.metadata.namespace) === parent.namespace;
  return isService && samePlace && (ref.port === undefined || ref.port === parent.port);
}

/** The older first, then by name. */
export function byAge(a: Route, b: Route): number {
  const ages = (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
  return ages !== 0 ? ages : `${a.metadata.namespace}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace}/${b.metadata.name}`);
}

export function isAttached(route: Route, parent: ServiceRef): boolean {
  return (route.spec.parentRefs ?? []).some((ref) => refersTo(ref, route, parent));
}

export function backendOf(ref: BackendRef, route: Route, findService: FindService): BackendName {
  const { group = "", kind = "Service", name, port } = ref;
  const namespace = ref.namespace ?? route.metadata.namespace ?? "";
  const service = (group === "" || group === "core") && kind === "Service" ? findService(namespace, name) : undefined;
  if (service === undefined || port === undefined) return "invalid";
  return service.spec.ports?.some((entry) => entry.port === port) ? { namespace, name, port } : "invalid";
}

/** Headless and ExternalName Services have no address that a proxy could split. */
function isSplittable(parent: ServiceRef, findService: FindService): boolean {
  const spec = findService(parent.namespace, parent.name)?.spec;
  return spec !== undefined && spec.clusterIP !== "None" && spec.type !== "ExternalName";
}

function isConvertible(route: Route): boolean {
  const filters = (route.spec.rules ?? []).flatMap((rule) => [
    ...(rule.filters ?? []),
    ...(rule.backendRefs ?? []).flatMap((ref) => ("filters" in ref ? (ref.filters as readonly { type: string }[]) : [])),
  ]);
  return filters.every(({ type }) => KNOWN_FILTERS.has(type));
}

function rulesOf(route: Route, parent: ServiceRef, findService: FindService): PolicyRule[] {
  const name = { namespace: route.metadata.namespace ?? "", name: route.metadata.name };
  return (route.spec.rules ?? []).map(({ matches, backendRefs = [] }) => {
    const rule = ownEndpoints(parent, name, (matches ?? []) as readonly RouteMatch[]);
    if (backendRefs.length === 0) return rule;
    return { ...rule, backends: backendRefs.map((ref) => ({ backend: backendOf(ref, route, findService), weight: ref.weight ?? 1 })) };
  });
}

function ownEndpoints(parent: ServiceRef, route: RouteName, matches: readonly RouteMatch[] = []): PolicyRule {
  return { route, matches, backends: [{ backend: parent, weight: 1 }] };
}
