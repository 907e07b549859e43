/**
 * Linkerd's proxy, edge-26.8 and the stable releases with HTTPRoutes before it.
 *
 * Kubelet probes are counted under `route_name="probe"` on the app's port as well, scrapes under the admin port: the
 * selectors here leave both out. `response_latency_ms` has no classification, so a gRPC failure (status 200) stays in it.
 */
import type { BackendFamilies, Condition, Preset, Selector } from "./preset.ts";

const INBOUND: readonly Selector[] = [
  { label: "direction", oneOf: ["inbound"] },
  { label: "route_name", noneOf: ["probe"] },
];

const SERVER_ERROR: readonly [number, number] = [500, 599];

/** UNKNOWN is a client that hung up: no fault of the backend. */
const STREAM_ERROR: Condition = { label: "error", noneOf: ["", "UNKNOWN"] };

/** UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, INTERNAL, UNAVAILABLE, DATA_LOSS: by number and by name. */
const FAILED_GRPC = [
  "2",
  "4",
  "7",
  "13",
  "14",
  "15",
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "PERMISSION_DENIED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
];

/** A gateway's or a client's own pace, and no fault of what was asked. */
const TOO_MANY_REQUESTS = 429;

/** INVALID_ARGUMENT, NOT_FOUND, UNAUTHENTICATED: by number and by name. */
const REFUSED_GRPC = ["3", "5", "16", "INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED"];

const CLIENT_ERRORS: readonly Condition[] = [
  { label: "status_code", between: [400, TOO_MANY_REQUESTS - 1] },
  { label: "status_code", between: [TOO_MANY_REQUESTS + 1, 499] },
  { label: "grpc_status", oneOf: REFUSED_GRPC },
];

function backends(prefix: string, failed: readonly Condition[]): BackendFamilies {
  const needs = ["backend_name", "backend_namespace"];
  return {
    requests: { name: `${prefix}_requests_total`, select: [], needs },
    responses: { name: `${prefix}_response_statuses_total`, select: [], needs, failed },
    backendName: "backend_name",
    backendNamespace: "backend_namespace",
  };
}

export const linkerd: Preset = {
  name: "Linkerd",
  admin: {
    portName: "linkerd-admin",
    port: 4191,
    path: "/metrics",
    lastLine: "# EOF",
    whenForbidden: "admit Serin to the proxies' admin port with a Server for linkerd-admin and an AuthorizationPolicy",
  },
  prometheus: {
    namespaceLabel: "namespace",
    podLabel: "pod",
    scrapeLabels: [
      "job",
      "instance",
      "endpoint",
      "service",
      "container",
      "prometheus",
      "prometheus_replica",
      "replica",
      "cluster",
      "__replica__",
    ],
    whenForbidden:
      "the Prometheus of linkerd-viz answers its own clients only, so mesh Serin's pod and add an AuthorizationPolicy that admits its service account; for another Prometheus give --prometheus-token-file",
  },
  processStart: "process_start_time_seconds",
  requests: {
    name: "response_total",
    select: INBOUND,
    needs: ["target_port", "classification"],
    portLabel: "target_port",
    failed: [{ label: "classification", oneOf: ["failure"] }],
    clientErrors: CLIENT_ERRORS,
    meshed: { label: "tls", oneOf: ["true"] },
  },
  latency: {
    name: "response_latency_ms_bucket",
    select: INBOUND,
    needs: ["target_port", "le", "status_code"],
    portLabel: "target_port",
    failed: [{ label: "status_code", between: SERVER_ERROR }],
    unitMs: 1,
  },
  backends: {
    HTTPRoute: backends("outbound_http_route_backend", [{ label: "http_status", between: SERVER_ERROR }, STREAM_ERROR]),
    GRPCRoute: backends("outbound_grpc_route_backend", [{ label: "grpc_status", oneOf: FAILED_GRPC }, STREAM_ERROR]),
  },
};
