/**
 * What a client's proxy counts of what it sends: per route, per backend of the route, and per pod that answered.
 * Failures that no server saw (fail-fast, nobody available) are here and nowhere else.
 */
import type { Answer } from "./classify.ts";
import type { ProxyFamilies } from "./families.ts";
import type { Labels } from "./family.ts";
import { outcomeLabels } from "./inbound.ts";

/** A Service's port: what clients call, or what a route leads to. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** `undefined` where no route is attached: the parent's own endpoints. */
export type RouteName = { readonly namespace: string; readonly name: string } | undefined;

/** `invalid`: a backend that does not exist. */
export type BackendName = ServiceRef | "invalid";

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly pod: string;
  readonly namespace: string;
  /** Name of the workload that owns the pod, and the hash of its ReplicaSet. */
  readonly deployment: string | undefined;
  readonly templateHash: string | undefined;
  readonly serviceAccount: string;
  readonly zone: string;
  /** Without a proxy of its own it is called in the clear. */
  readonly meshed: boolean;
}

/** Why an exchange ended without an answer of the backend, as the proxies name it. */
export type ExchangeError = "FAIL_FAST" | "LOAD_SHED" | "IO" | "UNKNOWN";

/** A status without an error, an error without a status, or both: an answer that broke off. */
export interface Exchange {
  readonly status: number | undefined;
  readonly error?: ExchangeError | undefined;
}

export interface OutboundMetrics {
  endpointAdded(service: ServiceRef, endpoint: Endpoint, now: number): void;
  balancer(parent: ServiceRef, backend: ServiceRef, endpoints: { ready: number; pending: number }, now: number): void;
  gate(parent: ServiceRef, backend: ServiceRef, state: "open" | "shut", now: number): void;
  backendRequest(parent: ServiceRef, route: RouteName, backend: BackendName, now: number): void;
  backendResponse(parent: ServiceRef, route: RouteName, backend: BackendName, exchange: Exchange, seconds: number, now: number): void;
  routeResponse(parent: ServiceRef, route: RouteName, exchange: Exchange, seconds: number, now: number): void;
  endpointRequest(service: ServiceRef, endpoint: Endpoint, now: number): void;
  /** `latencyMs` runs to the first byte of the body. */
  endpointResponse(service: ServiceRef, endpoint: Endpoint, answer: Answer, latencyMs: number, now: number): void;
}

export function createOutboundMetrics(families: ProxyFamilies): OutboundMetrics {
  return {
    endpointAdded(service, endpoint, now) {
      families.requests.add(endpointLabels(service, endpoint), 0, now);
    },
    balancer(parent, backend, { ready, pending }, now) {
      const labels = [...parentLabels(parent), ...backendLabels(backend)];
      families.balancerEndpoints.set([["endpoint_state", "ready"], ...labels], ready, now);
      families.balancerEndpoints.set([["endpoint_state", "pending"], ...labels], pending, now);
      families.gateOpen.add(labels, 0, now);
      families.gateShut.add(labels, 0, now);
    },
    gate(parent, backend, state, now) {
      const family = state === "open" ? families.gateOpen : families.gateShut;
      family.add([...parentLabels(parent), ...backendLabels(backend)], 1, now);
    },
    backendRequest(parent, route, backend, now) {
      families.backendRequests.add([...parentLabels(parent), ...routeLabels(route), ...backendLabels(backend)], 1, now);
    },
    backendResponse(parent, route, backend, exchange, seconds, now) {
      const labels = [...parentLabels(parent), ...routeLabels(route), ...backendLabels(backend)];
      families.backendSeconds.observe(labels, seconds, now);
      families.backendStatuses.add([...labels, ...exchangeLabels(exchange)], 1, now);
    },
    routeResponse(parent, route, exchange, seconds, now) {
      const labels: Labels = [...parentLabels(parent), ...routeLabels(route), ["hostname", ""]];
      families.routeSeconds.observe(labels, seconds, now);
      families.routeStatuses.add([...labels, ...exchangeLabels(exchange)], 1, now);
    },
    endpointRequest(service, endpoint, now) {
      families.requests.add(endpointLabels(service, endpoint), 1, now);
    },
    endpointResponse(service, endpoint, answer, latencyMs, now) {
      const labels: Labels = [...endpointLabels(service, endpoint), ["status_code", String(answer.status)]];
      families.latency.observe(labels, latencyMs, now);
      families.responses.add([...labels, ...outcomeLabels(answer)], 1, now);
    },
  };
}

/** The SPIFFE-like name of a workload in the mesh. */
export function identityOf(serviceAccount: string, namespace: string): string {
  return `${serviceAccount}.${namespace}.serviceaccount.identity.linkerd.cluster.local`;
}

function endpointLabels(service: ServiceRef, endpoint: Endpoint): Labels {
  const { namespace, serviceAccount, zone, deployment, templateHash, meshed } = endpoint;
  const tls: Labels = meshed
    ? [
        ["tls", "true"],
        ["server_id", identityOf(serviceAccount, namespace)],
      ]
    : [
        ["tls", "no_identity"],
        ["no_tls_reason", "not_provided_by_service_discovery"],
      ];
  const destination: Labels = [
    ["dst_control_plane_ns", "linkerd"],
    ["dst_deployment", deployment ?? ""],
    ["dst_namespace", namespace],
    ["dst_pod", endpoint.pod],
    ["dst_pod_template_hash", templateHash ?? ""],
    ["dst_service", service.name],
    ["dst_serviceaccount", serviceAccount],
    ["dst_zone", zone],
    ["dst_zone_locality", "unknown"],
  ];
  return [
    ["direction", "outbound"],
    ["authority", `${service.name}.${service.namespace}.svc.cluster.local`],
    ["target_addr", `${endpoint.ip}:${endpoint.port}`],
    ["target_ip", endpoint.ip],
    ["target_port", String(endpoint.port)],
    ...tls,
    // A pod that belongs to no Deployment, or to no ReplicaSet, lacks these two.
    ...destination.filter(([name, value]) => value !== "" || name === "dst_zone"),
  ];
}

function parentLabels({ namespace, name, port }: ServiceRef): Labels {
  return [
    ["parent_group", "core"],
    ["parent_kind", "Service"],
    ["parent_namespace", namespace],
    ["parent_name", name],
    ["parent_port", String(port)],
    ["parent_section_name", ""],
  ];
}

function routeLabels(route: RouteName): Labels {
  return [
    ["route_group", route === undefined ? "" : "gateway.networking.k8s.io"],
    ["route_kind", route === undefined ? "default" : "HTTPRoute"],
    ["route_namespace", route?.namespace ?? ""],
    ["route_name", route?.name ?? "http"],
  ];
}

function backendLabels(backend: BackendName): Labels {
  const service = backend === "invalid" ? undefined : backend;
  return [
    ["backend_group", service === undefined ? "" : "core"],
    ["backend_kind", service === undefined ? "default" : "Service"],
    ["backend_namespace", service?.namespace ?? ""],
    ["backend_name", service?.name ?? "invalid"],
    ["backend_port", service === undefined ? "" : String(service.port)],
    ["backend_section_name", ""],
  ];
}

function exchangeLabels({ status, error }: Exchange): Labels {
  return [
    ["http_status", status === undefined ? "" : String(status)],
    ["error", error ?? ""],
  ];
}
