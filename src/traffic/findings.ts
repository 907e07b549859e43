/**
 * What keeps a mesh from splitting a Service's traffic, found before a weight is written. Each function is named after
 * its finding; undefined: nothing found.
 */
import type { Finding } from "../domain/finding.ts";
import type { Deployment, EndpointSlice, Pod, Route, Service, ServicePort } from "../domain/kube.ts";
import { isParent } from "./accepted.ts";
import { readyAddresses, strangersTo } from "./endpoints.ts";
import { isOpaque } from "./opaque.ts";
import type { Parent } from "./route-kind.ts";

/** The first reason why the apex Service cannot be split for this Deployment. */
export function apexFinding(apex: Service, port: number | undefined, deployment: Deployment | undefined): Finding | undefined {
  return (
    serviceHasNoAddress(apex) ?? serviceSelectsOthers(apex, deployment) ?? portIsUnclear(apex, port) ?? portIsOpaque(apex, port, deployment)
  );
}

/** A headless Service's callers pick pods themselves, an ExternalName's leave the cluster: no proxy splits them. */
function serviceHasNoAddress(apex: Service): Finding | undefined {
  const { clusterIP, type } = apex.spec;
  const form = type === "ExternalName" ? "of type ExternalName" : clusterIP === "None" ? "headless" : undefined;
  if (form === undefined) return undefined;
  const message = `Service ${apex.metadata.name} is ${form}: a mesh does not split its traffic. Name a Service with a cluster IP in spec.traffic.service.`;
  return { reason: "ServiceNotSplittable", message };
}

function serviceSelectsOthers(apex: Service, deployment: Deployment | undefined): Finding | undefined {
  const labels = deployment?.spec.template.metadata?.labels;
  // The pin names a version; the template does not.
  const selector = Object.entries(apex.spec.selector ?? {}).filter(([key]) => key !== "pod-template-hash");
  if (deployment === undefined || (selector.length > 0 && selector.every(([key, value]) => labels?.[key] === value))) return undefined;
  const message = `Service ${apex.metadata.name} does not select the pods of Deployment ${deployment.metadata.name}: name the Service that clients call in spec.traffic.service.`;
  return { reason: "ServiceSelectsOthers", message };
}

/** The port to split: the one that is named, else the only one. */
export function splitPort(apex: Service, port: number | undefined): ServicePort | undefined {
  const ports = apex.spec.ports ?? [];
  return port === undefined ? (ports.length === 1 ? ports[0] : undefined) : ports.find((candidate) => candidate.port === port);
}

function portIsUnclear(apex: Service, port: number | undefined): Finding | undefined {
  if (splitPort(apex, port) !== undefined) return undefined;
  const { name } = apex.metadata;
  const ports = (apex.spec.ports ?? []).map(({ port: number, name: label }) =>
    label === undefined ? `${number}` : `${number} (${label})`,
  );
  const has = ports.length === 0 ? "has no port" : `has the ports ${ports.join(", ")}`;
  const message =
    port === undefined
      ? `Service ${name} ${has}: say in spec.traffic.port which one is split.`
      : `Service ${name} has no port ${port}, it ${has}: correct spec.traffic.port.`;
  return { reason: "PortMissing", message };
}

/** An opaque port is forwarded as bytes: no requests to split and none to count. */
function portIsOpaque(apex: Service, port: number | undefined, deployment: Deployment | undefined): Finding | undefined {
  const split = splitPort(apex, port);
  const where = split && isOpaque(apex, split, deployment?.spec.template);
  if (split === undefined || where === undefined) return undefined;
  const message = `Port ${split.port} of Service ${apex.metadata.name} is opaque (${where}): the mesh sees no requests in it. Take the mark off if clients speak HTTP there.`;
  return { reason: "OpaquePort", message };
}

/**
 * Another route of the apex's namespace on the same parent that takes the traffic from ours: a GRPCRoute always, an
 * HTTPRoute (of either group) that is older, every one as long as ours does not exist.
 */
export function rivalRoute(
  routes: readonly Route[],
  own: { readonly kind: string; readonly name: string },
  parent: Parent,
  route?: Route,
): Finding | undefined {
  const rivals = routes.filter((other) => isOnParent(other, parent) && !isSame(other, own) && beats(other, own.kind, route));
  if (rivals.length === 0) return undefined;
  const names = rivals.map((other) => `${other.kind}.${other.apiVersion.split("/")[0]} ${other.metadata.name}`).toSorted();
  const message = `Service ${parent.name} has another route on this port that goes before Serin's: ${names.join(", ")}. Delete it, or move its rules to callers' namespaces.`;
  return { reason: "RouteConflict", message };
}

/** A pin to one version of the target would cut off endpoints that are not the target's. `pods` are the target's own. */
export function foreignEndpoints(slices: readonly EndpointSlice[], apex: string, pods: readonly Pod[]): Finding | undefined {
  if (strangersTo(readyAddresses(slices, apex), pods).length === 0) return undefined;
  const message = `Service ${apex} has endpoints that are not pods of the target: pinning it would cut them off. Give the target a Service of its own, or narrow the selector.`;
  return { reason: "ForeignEndpoints", message };
}

/** A warning: what the route does not split jumps to the new version at the hand-over. */
export function unsplitPorts(apex: Service, port: number | undefined): Finding | undefined {
  const split = splitPort(apex, port);
  const others = (apex.spec.ports ?? []).filter((candidate) => candidate !== split).map(({ port: number }) => number);
  if (split === undefined || others.length === 0) return undefined;
  const message = `Service ${apex.metadata.name}: only port ${split.port} is split; ${others.join(", ")} stay on the stable version until the hand-over, then change at once.`;
  return { reason: "UnsplitPorts", message };
}

/** Linkerd's proxies ignore a rule with one of these and keep the split from before, while the status says Accepted. */
const UNSUPPORTED_FILTERS = new Set(["RequestMirror", "URLRewrite", "ExtensionRef", "CORS"]);

export function unsupportedFilters(route: Route, rule: number): Finding | undefined {
  const types = (route.spec.rules?.[rule]?.filters ?? []).map(({ type }) => type).filter((type) => UNSUPPORTED_FILTERS.has(type));
  if (types.length === 0) return undefined;
  const message = `${route.kind} ${route.metadata.name} has the filter ${types.join(", ")} in the rule that splits: the mesh would ignore every weight in it. Remove the filter.`;
  return { reason: "UnsupportedFilter", message };
}

function isOnParent(route: Route, parent: Parent): boolean {
  const local = route.metadata.namespace === parent.namespace;
  return local && (route.spec.parentRefs ?? []).some((ref) => isParent(ref, parent, route));
}

function isSame(other: Route, own: { readonly kind: string; readonly name: string }): boolean {
  return other.apiVersion.startsWith("gateway.networking.k8s.io/") && other.kind === own.kind && other.metadata.name === own.name;
}

function beats(other: Route, kind: string, route: Route | undefined): boolean {
  if (other.kind !== kind) return other.kind === "GRPCRoute";
  if (route === undefined) return true;
  const [theirs, ours] = [other.metadata.creationTimestamp ?? "", route.metadata.creationTimestamp ?? ""];
  return theirs === ours ? other.metadata.name < route.metadata.name : theirs < ours;
}
