/**
 * The node's pods over HTTP, for a kubelet in another process: `POST /pods` starts one and answers with its reports, a JSON line
 * each, as long as it lives; `DELETE /pods/<uid>?grace=<ms>` stops it and answers when nothing of it is left.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Pod } from "../../domain/kube.ts";
import { closeServer, LOOPBACK, listen } from "../forward-proxy/listen.ts";
import type { PodHost } from "./host.ts";

export interface RuntimeServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startRuntimeServer(host: PodHost): Promise<RuntimeServer> {
  const streams = new Map<string, ServerResponse>();

  async function start(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pod = (await jsonOf(request)) as Pod;
    streams.set(pod.metadata.uid ?? "", response);
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    await host.start(pod, (report) => response.write(`${JSON.stringify(report)}\n`));
  }

  async function stop(url: URL, response: ServerResponse): Promise<void> {
    const uid = url.pathname.slice("/pods/".length);
    await host.stop(uid, Number(url.searchParams.get("grace") ?? 0));
    streams.get(uid)?.end();
    streams.delete(uid);
    response.writeHead(200).end();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", `http://${LOOPBACK}`);
    if (request.method === "POST" && url.pathname === "/pods") await start(request, response);
    else if (request.method === "DELETE") await stop(url, response);
    else response.writeHead(404).end();
  }

  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const port = await listen(server);
  return {
    url: `http://${LOOPBACK}:${port}`,
    async close() {
      for (const response of streams.values()) response.end();
      await closeServer(server);
    },
  };
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
