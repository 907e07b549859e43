/**
 * What the proxy in front of a pod counts: every request, also of probes and scrapes, which only `route_name` and
 * `target_port` tell from users'. Requests are counted on arrival, responses and their latency when they are there.
 */
import { type Answer, isFailure } from "./classify.ts";
import type { ProxyFamilies } from "./families.ts";
import type { Labels } from "./family.ts";

export const ADMIN_PORT = 4191;

export interface InboundCall {
  /** The container port that was called. */
  readonly port: number;
  /** A path that a probe of the pod names. */
  readonly probe: boolean;
  /** Identity of a caller that came through the mesh. */
  readonly clientId: string | undefined;
}

export interface InboundMetrics {
  request(call: InboundCall, now: number): void;
  /** `latencyMs` runs to the first byte of the body. */
  response(call: InboundCall, answer: Answer, latencyMs: number, now: number): void;
}

export function createInboundMetrics(families: ProxyFamilies, ip: string): InboundMetrics {
  return {
    request(call, now) {
      const policy = policyLabels(call);
      const target = targetLabels(call, ip);
      families.authzAllow.add([...target, ...policy, ...tlsLabels(call)], 1, now);
      families.requests.add([["direction", "inbound"], ...target, ...tlsLabels(call), ...policy], 1, now);
      if (call.port !== ADMIN_PORT) families.inboundRequests.add(routeLabels(call), 1, now);
    },
    response(call, answer, latencyMs, now) {
      const status: Labels = [["status_code", String(answer.status)]];
      const labels: Labels = [["direction", "inbound"], ...targetLabels(call, ip), ...tlsLabels(call), ...policyLabels(call), ...status];
      families.latency.observe(labels, latencyMs, now);
      families.responses.add([...labels, ...outcomeLabels(answer)], 1, now);
      if (call.port !== ADMIN_PORT) families.inboundStatuses.add([...routeLabels(call), ["status", String(answer.status)]], 1, now);
    },
  };
}

/** `classification`, `grpc_status` and `error` of `response_total`, in either direction. */
export function outcomeLabels(answer: Answer): Labels {
  return [
    ["classification", isFailure(answer) ? "failure" : "success"],
    ["grpc_status", answer.grpcStatus ?? ""],
    ["error", ""],
  ];
}

/** The proxy's own admin server is known to it by the address that it listens on. */
function targetLabels({ port }: InboundCall, ip: string): Labels {
  const address = port === ADMIN_PORT ? "0.0.0.0" : ip;
  return [
    ["target_addr", `${address}:${port}`],
    ["target_ip", address],
    ["target_port", String(port)],
  ];
}

function tlsLabels({ clientId }: InboundCall): Labels {
  if (clientId === undefined) {
    return [
      ["tls", "no_identity"],
      ["no_tls_reason", "no_tls_from_remote"],
    ];
  }
  return [
    ["tls", "true"],
    ["client_id", clientId],
  ];
}

function policyLabels({ port, probe }: InboundCall): Labels {
  return [
    ["srv_group", ""],
    ["srv_kind", "default"],
    ["srv_name", "all-unauthenticated"],
    ["srv_port", String(port)],
    ["route_group", ""],
    ["route_kind", "default"],
    ["route_name", probe ? "probe" : "default"],
    ["authz_group", ""],
    ["authz_kind", "default"],
    ["authz_name", probe ? "probe" : "all-unauthenticated"],
  ];
}

function routeLabels({ port, probe }: InboundCall): Labels {
  return [
    ["parent_group", ""],
    ["parent_kind", "default"],
    ["parent_name", "all-unauthenticated"],
    ["parent_port", String(port)],
    ["route_group", ""],
    ["route_kind", "default"],
    ["route_name", probe ? "probe" : "default"],
  ];
}
