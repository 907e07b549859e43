/**
 * The way into the pod network for programs that only know HTTP_PROXY: a plain forward proxy on the loopback interface.
 *
 * `GET http://10.244.x.y:port/path` and CONNECT are mapped to local ports by the address book. Nothing else is reachable through
 * it (403), and an address without a pod answers 502, as a proxy does that finds nobody.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Agent, type Dispatcher } from "undici";
import { type AddressBook, POD_NETWORK } from "./address-book.ts";
import { withoutHopHeaders } from "./headers.ts";
import { closeServer, LOOPBACK, listen } from "./listen.ts";

export interface ForwardedRequest {
  readonly target: string;
  readonly path: string;
  readonly userAgent: string;
  /** 0 where nobody answered. */
  readonly status: number;
}

export interface ForwardProxy {
  /** What HTTP_PROXY is set to. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ForwardProxyOptions {
  readonly book: AddressBook;
  readonly onRequest?: (request: ForwardedRequest) => void;
}

export async function startForwardProxy({ book, onRequest }: ForwardProxyOptions): Promise<ForwardProxy> {
  const agent = new Agent({ connections: 64 });
  const tunnels = new Set<Duplex>();
  const server = createServer((request, response) => {
    void forward(request, response).catch(() => response.destroy());
  });
  server.on("connect", tunnel);

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "");
    if (url === null || url.protocol !== "http:") {
      refuse(response, 400, "this is a forward proxy: ask for an absolute http URL");
      return;
    }
    const record = { target: url.host, path: url.pathname, userAgent: request.headers["user-agent"] ?? "" };
    const localPort = book.find(url.hostname, Number(url.port || 80));
    if (localPort === undefined) {
      const foreign = !url.hostname.startsWith(POD_NETWORK);
      refuse(response, foreign ? 403 : 502, foreign ? `${url.hostname} is not in the pod network` : `nobody answers on ${url.host}`);
      onRequest?.({ ...record, status: 0 });
      return;
    }
    const answer = await pass(request, url, localPort);
    onRequest?.({ ...record, status: answer?.statusCode ?? 0 });
    if (answer === undefined) {
      refuse(response, 502, `no answer from ${url.host}`);
      return;
    }
    response.writeHead(answer.statusCode, withoutHopHeaders(answer.headers));
    await pipeline(answer.body, response);
  }

  async function pass(request: IncomingMessage, url: URL, localPort: number): Promise<Dispatcher.ResponseData | undefined> {
    const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    try {
      return await agent.request({
        origin: `http://${LOOPBACK}:${localPort}`,
        path: `${url.pathname}${url.search}`,
        method: request.method as Dispatcher.HttpMethod,
        headers: { ...withoutHopHeaders(request.headers), host: url.host },
        body: hasBody ? request : null,
      });
    } catch {
      return undefined;
    }
  }

  function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const localPort = book.find(host, Number(port));
    if (localPort === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const upstream: Socket = connect(localPort, LOOPBACK, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.setNoDelay(true);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      tunnels.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        tunnels.delete(one);
        other.destroy();
      });
    }
  }

  const port = await listen(server);
  return {
    url: `http://${LOOPBACK}:${port}`,
    async close() {
      for (const socket of tunnels) socket.destroy();
      await closeServer(server);
      await agent.destroy();
    },
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${message}\n`);
}
