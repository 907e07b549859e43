/**
 * One request through a client's proxy: its rule, its backend, a pod, and the answer on its way back; each end counted for the
 * route, the backend and the pod.
 *
 * Failures of the proxy's own carry the status and the sentence of the real one, in `l5d-proxy-error`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import type { Clock } from "../../domain/clock.ts";
import type { BackendName, Exchange, OutboundMetrics, ServiceRef } from "../../sim/mesh/metrics/outbound.ts";
import { withoutHopHeaders } from "../forward-proxy/headers.ts";
import { type Balancer, NotConnected } from "./balancer.ts";
import { CLIENT_ID_HEADER } from "./inbound-proxy.ts";
import type { Parent } from "./parent.ts";

export const PROXY_ERROR_HEADER = "l5d-proxy-error";

export interface OutboundExchange {
  readonly service: ServiceRef;
  readonly head: { readonly method: string; readonly path: string; readonly headers: IncomingMessage["headers"] };
  readonly body: Buffer | null;
  readonly response: ServerResponse;
  /** Of the monotonic clock. */
  readonly started: number;
}

interface Tools {
  readonly clock: Clock;
  readonly metrics: OutboundMetrics;
  readonly clientId: string;
}

export async function dispatch(tools: Tools, parent: Parent, exchange: OutboundExchange): Promise<void> {
  const { metrics, clock } = tools;
  const { service, response } = exchange;
  const { rule, backend } = parent.route(exchange.head);
  const at = `logical service ${service.name}.${service.namespace}:${service.port}`;
  if (rule === undefined) {
    refuse(response, 404, `${at}: no route`);
    return;
  }
  const { route } = rule;
  const where = route === undefined ? at : `${at}: route HTTPRoute.${route.namespace}.${route.name}`;
  const seconds = () => (clock.monotonic() - exchange.started) / 1000;
  const done = (end: Exchange) => metrics.routeResponse(service, route, end, seconds(), clock.now());
  if (backend === undefined) {
    done({ status: undefined, error: "LOAD_SHED" });
    refuse(response, 503, `${where}: service unavailable`);
    return;
  }
  metrics.backendRequest(service, route, backend, clock.now());
  const end = await toBackend(tools, parent, exchange, backend, where);
  metrics.backendResponse(service, route, backend, end, seconds(), clock.now());
  done(end);
}

async function toBackend(tools: Tools, parent: Parent, exchange: OutboundExchange, backend: BackendName, where: string): Promise<Exchange> {
  const { response } = exchange;
  if (backend === "invalid") {
    refuse(response, 500, `${where}: Service not found`);
    return { status: 500 };
  }
  const balancer = parent.balancer(backend);
  for (;;) {
    const connected = await balancer.acquire();
    if (connected === undefined) {
      const name = `Service.${backend.namespace}.${backend.name}:${backend.port}`;
      refuse(response, 504, `${where}: backend ${name}: ${name}: service in fail-fast`);
      return { status: undefined, error: "FAIL_FAST" };
    }
    try {
      return await toEndpoint(tools, exchange, backend, connected);
    } catch (error) {
      if (!(error instanceof NotConnected)) {
        if (response.headersSent) response.destroy();
        else refuse(response, 500, "unexpected error");
        return { status: undefined, error: "IO" };
      }
      connected.refused();
    } finally {
      connected.release();
    }
  }
}

type Acquired = NonNullable<Awaited<ReturnType<Balancer["acquire"]>>>;

async function toEndpoint(
  { metrics, clock, clientId }: Tools,
  exchange: OutboundExchange,
  backend: ServiceRef,
  to: Acquired,
): Promise<Exchange> {
  const { head, body, response } = exchange;
  const { endpoint, pool } = to;
  const sent = clock.monotonic();
  const { [CLIENT_ID_HEADER]: _forged, ...headers } = withoutHopHeaders(head.headers);
  const answer = await pool.request({
    method: head.method as Dispatcher.HttpMethod,
    path: head.path,
    headers: endpoint.meshed ? { ...headers, [CLIENT_ID_HEADER]: clientId } : headers,
    body,
  });
  metrics.endpointRequest(backend, endpoint, clock.now());
  response.writeHead(answer.statusCode, withoutHopHeaders(answer.headers));
  let latencyMs: number | undefined;
  for await (const chunk of answer.body) {
    latencyMs ??= clock.monotonic() - sent;
    response.write(chunk);
  }
  response.end();
  const grpcStatus = answer.headers["grpc-status"];
  const status = { status: answer.statusCode, grpcStatus: Array.isArray(grpcStatus) ? grpcStatus[0] : grpcStatus };
  metrics.endpointResponse(backend, endpoint, status, latencyMs ?? clock.monotonic() - sent, clock.now());
  return { status: answer.statusCode };
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain", [PROXY_ERROR_HEADER]: message }).end(`${message}\n`);
}
