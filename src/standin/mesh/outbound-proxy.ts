/**
 * The proxy beside a client: takes its requests (as a plain HTTP proxy on the loopback interface), splits them by the routes of the
 * cluster among ready pods, and counts them as Linkerd's outbound side does. Its admin port serves the counts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Clock } from "../../domain/clock.ts";
import { createFamilies } from "../../sim/mesh/metrics/families.ts";
import { ADMIN_PORT, createInboundMetrics } from "../../sim/mesh/metrics/inbound.ts";
import { createOutboundMetrics, identityOf, type ServiceRef } from "../../sim/mesh/metrics/outbound.ts";
import type { Dial } from "../forward-proxy/dial.ts";
import { closeServer, LOOPBACK, listen } from "../forward-proxy/listen.ts";
import { ADMIN_PROBES, adminApp } from "./admin.ts";
import type { Directory } from "./directory.ts";
import { dispatch, type OutboundExchange, refuse } from "./dispatch.ts";
import { inboundProxy } from "./inbound-proxy.ts";
import { openParent, type Parent } from "./parent.ts";
import { serviceOf } from "./service-name.ts";

export interface OutboundProxy {
  /** What a client sets HTTP_PROXY to. */
  readonly url: string;
  readonly adminPort: number;
  /** The cluster may have changed. */
  refresh(): void;
  close(): Promise<void>;
}

export interface OutboundProxyOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly directory: Directory;
  readonly dial: Dial;
  readonly random: () => number;
  readonly clock: Clock;
}

/** Client-side series of the older families vanish after so long without a request. */
const RETAIN_IDLE_MS = 600_000;

export async function startOutboundProxy(options: OutboundProxyOptions): Promise<OutboundProxy> {
  const { namespace, serviceAccount, directory, dial, random, clock } = options;
  const families = createFamilies(clock.now());
  const metrics = createOutboundMetrics(families);
  const clientId = identityOf(serviceAccount, namespace);
  const parents = new Map<string, Parent>();

  function parentOf(service: ServiceRef): Parent {
    const key = `${service.namespace}/${service.name}:${service.port}`;
    const found = parents.get(key) ?? openParent({ service, directory, metrics, dial, random, clock });
    parents.set(key, found);
    return found;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "");
    const service = serviceOf(url?.host ?? request.headers.host ?? "", namespace);
    if (service === undefined || directory.findService(service.namespace, service.name) === undefined) {
      refuse(response, 502, `no Service ${url?.host ?? request.headers.host}`);
      return;
    }
    const body = await bodyOf(request);
    const path = url === null ? (request.url ?? "/") : `${url.pathname}${url.search}`;
    const head = { method: request.method ?? "GET", path, headers: request.headers };
    const exchange: OutboundExchange = { service, head, body, response, started: clock.monotonic() };
    await dispatch({ clock, metrics, clientId }, parentOf(service), exchange);
  }

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const inbound = createInboundMetrics(families, LOOPBACK);
  const app = adminApp(families);
  const admin = createServer(
    inboundProxy({
      metrics: inbound,
      port: ADMIN_PORT,
      probePaths: ADMIN_PROBES,
      isListening: () => true,
      clock,
      app: (request) => {
        for (const family of [families.requests, families.responses, families.latency]) family.forget(clock.now() - RETAIN_IDLE_MS);
        return app(request);
      },
    }),
  );
  const port = await listen(server);
  return {
    url: `http://${LOOPBACK}:${port}`,
    adminPort: await listen(admin),
    refresh() {
      for (const parent of parents.values()) parent.refresh();
    },
    async close() {
      await Promise.all([closeServer(server), closeServer(admin), ...[...parents.values()].map((parent) => parent.close())]);
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? null : Buffer.concat(chunks);
}
