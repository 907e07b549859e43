/** A tiny HTTP server that answers as a test tells it, and a kubeconfig that points to it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach } from "vitest";
import { type Client, type ClientOptions, createClient } from "../../../src/cluster/client.ts";
import { systemClock } from "../../../src/domain/clock.ts";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answerer = (request: Received, response: ServerResponse, index: number) => void | Promise<void>;

export interface TestServer {
  readonly url: string;
  readonly received: Received[];
  /** TCP connections accepted so far. */
  readonly connections: () => number;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export async function serve(answer: Answerer): Promise<TestServer> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://server");
    const seen = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    received.push(seen);
    await answer(seen, response, received.length - 1);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await listen(server);
  return { url: urlOf(server), received, connections: () => connections };
}

export async function listen(server: Server | import("node:net").Server): Promise<void> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}

export function urlOf(server: { address(): unknown }): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export function status(code: number, reason: string, more: object = {}): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: `it was ${reason}`, reason, code, ...more };
}

export function kubeConfigFor(server: string, user: object = {}, cluster: object = {}): () => KubeConfig {
  return () => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: "test", server, skipTLSVerify: true, ...cluster }, { name: "tester", ...user });
    return config;
  };
}

export function clientFor(server: string, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ kubeConfig: kubeConfigFor(server), userAgent: "serin-test/0", clock: systemClock, ...options });
  closers.push(() => client.close());
  return client;
}
