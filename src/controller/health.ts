/** The process' own HTTP endpoints: /metrics, /healthz (is the loop alive), /readyz (are the stores warm). */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Registry } from "prom-client";
import { exposition } from "./exposition.ts";

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** undefined: alive; else what is stuck. */
  readonly stuck: () => string | undefined;
  /** undefined: ready; else what is waited for. */
  readonly notReady: () => string | undefined;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => void answer(request.url ?? "/", response, options));
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listen(server: Server, { host, port }: HealthOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

async function answer(url: string, response: ServerResponse, { registry, stuck, notReady }: HealthOptions): Promise<void> {
  const path = url.split("?")[0];
  if (path === "/metrics") {
    response.setHeader("content-type", registry.contentType);
    // Who goes away in the middle of it is told nothing more.
    await pipeline(Readable.from(exposition(registry)), response).catch(() => response.destroy());
  } else if (path === "/healthz") {
    say(response, stuck());
  } else if (path === "/readyz") {
    say(response, notReady());
  } else {
    response.statusCode = 404;
    response.end("try /metrics, /healthz or /readyz\n");
  }
}

function say(response: ServerResponse, problem: string | undefined): void {
  response.statusCode = problem === undefined ? 200 : 503;
  response.end(`${problem ?? "ok"}\n`);
}
