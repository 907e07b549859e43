/** The families of Linkerd's proxy that a release is judged by, in the order in which the proxy prints them. */
import { createFamily, type Family, type FamilySpec } from "./family.ts";

/** Milliseconds, of `response_latency_ms`. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10000, 20000, 30000, 40000, 50000,
];

const plain = (name: string, help: string): FamilySpec => ({ name, type: "counter", help, dialect: "plain" });
const open = (name: string, help: string): FamilySpec => ({ name, type: "counter", help, dialect: "open" });
const gauge = (name: string, help: string, unit?: string): FamilySpec => ({
  name,
  type: "gauge",
  help,
  dialect: "open",
  ...(unit === undefined ? {} : { unit }),
});
const seconds = (name: string, help: string, bounds: readonly number[]): FamilySpec => ({
  name,
  type: "histogram",
  help,
  dialect: "open",
  unit: "seconds",
  bounds,
});

const SPECS = {
  authzAllow: plain("inbound_http_authz_allow_total", "The total number of inbound HTTP requests that were authorized"),
  requests: plain("request_total", "Total count of HTTP requests."),
  latency: {
    name: "response_latency_ms",
    type: "histogram",
    help: "Elapsed times between a request's headers being received and its response stream completing",
    dialect: "plain",
    bounds: LATENCY_BOUNDS_MS,
  },
  responses: plain("response_total", "Total count of HTTP responses."),
  inboundRequests: open("inbound_http_requests_total", "The total number of requests dispatched."),
  inboundStatuses: open("inbound_http_statuses_total", "Completed HTTP responses."),
  routeSeconds: seconds(
    "outbound_http_route_request_duration_seconds",
    "The time between request initialization and response completion.",
    [0.05, 0.5, 1, 10],
  ),
  backendRequests: open("outbound_http_route_backend_requests_total", "The total number of requests dispatched."),
  backendSeconds: seconds(
    "outbound_http_route_backend_response_duration_seconds",
    "The time between request completion and response completion.",
    [0.025, 0.05, 0.1, 0.25, 0.5, 1, 10],
  ),
  backendStatuses: open("outbound_http_route_backend_response_statuses_total", "Completed responses."),
  routeStatuses: open("outbound_http_route_request_statuses_total", "Completed request-response streams."),
  balancerEndpoints: gauge("outbound_http_balancer_endpoints", "The number of endpoints currently in a HTTP request balancer."),
  gateOpen: open("outbound_http_balancer_queue_gate_open_total", "The total number of gate state changes to open."),
  gateShut: open("outbound_http_balancer_queue_gate_shut_total", "The total number of gate state changes from open to shut."),
  startTime: gauge("process_start_time_seconds", "Time that the process started (in seconds since the UNIX epoch).", "seconds"),
} as const satisfies Record<string, FamilySpec>;

export type ProxyFamilies = Readonly<Record<keyof typeof SPECS, Family>>;

/** `startedAt` in milliseconds since the epoch. */
export function createFamilies(startedAt: number): ProxyFamilies {
  const entries = Object.entries(SPECS).map(([key, spec]) => [key, createFamily(spec)] as const);
  const families = Object.fromEntries(entries) as ProxyFamilies;
  families.startTime.set([], startedAt / 1000, startedAt);
  return families;
}

/** What the proxy's `/metrics` answers. */
export function familiesText(families: ProxyFamilies): string {
  return `${Object.values(families)
    .map((family) => family.text())
    .join("")}# EOF\n`;
}
