/**
 * The in-memory API server on a local port: the store's model behind the protocol that kubectl and client libraries speak. A stand-in for demo and
 * tests; plain HTTP, no admission webhooks; answers in JSON only, and reads protobuf of a few kinds.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { StatusError } from "../../sim/kube/status-error.ts";
import type { KubeStore } from "../../sim/kube/store.ts";
import { type Context, createWatchSet } from "./context.ts";
import { createCounter, type RequestCount } from "./counts.ts";
import { handle, send } from "./handler.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import type { Authorize } from "./reviews.ts";

export interface ApiServerOptions {
  readonly store: KubeStore;
  /** Of time-outs, bookmarks and waits; what is written down takes the store's. */
  readonly clock?: Clock;
  /** Requests without this bearer token are answered 401. */
  readonly token?: string;
  /** Default: any free port. */
  readonly port?: number;
}

/** How the server fails until told otherwise: connections cut, requests never answered, or a status. */
export type Outage =
  | { readonly type: "reset" }
  | { readonly type: "hang" }
  | { readonly type: "status"; readonly code: number; readonly retryAfterSeconds?: number };

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  kubeconfig(namespace?: string): string;
  /** Requests for objects since the start. Also `GET /standin/requests`. */
  counts(): readonly RequestCount[];
  /** Ends all watches, as a restart of a real server does. */
  closeWatches(): void;
  /** Open watches stay open and say nothing any more, not even at their end: a half-open connection. */
  silenceWatches(): void;
  setOutage(outage: Outage | undefined): void;
  setToken(token: string | undefined): void;
  /** Who may do what; default: everybody everything. */
  setAuthorize(authorize: Authorize): void;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Longer than any client keeps an idle connection, so that no request meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 120_000;

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const counter = createCounter();
  const context: Context = { store: options.store, clock: options.clock ?? systemClock, watches: createWatchSet() };
  let token = options.token;
  let authorize: Authorize = () => true;
  let outage: Outage | undefined;
  const handlerOptions = { context, counter, token: () => token, authorize: () => authorize };
  const server = createServer((request, response) => {
    if (outage === undefined) {
      void handle(handlerOptions, request, response);
    } else {
      fail(outage, request, response);
    }
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${HOST}:${port}`;
  return {
    url,
    port,
    kubeconfig: (namespace) => kubeconfigText({ server: url, token }, namespace),
    counts: counter.all,
    closeWatches: context.watches.endAll,
    silenceWatches: context.watches.silenceAll,
    setOutage(next) {
      outage = next;
    },
    setToken(next) {
      token = next;
    },
    setAuthorize(next) {
      authorize = next;
    },
    close() {
      context.watches.endAll();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function fail(outage: Outage, request: IncomingMessage, response: ServerResponse): void {
  if (outage.type === "reset") {
    request.socket.destroy();
  } else if (outage.type === "status") {
    const { code, retryAfterSeconds: wait } = outage;
    const details = wait === undefined ? undefined : { retryAfterSeconds: wait };
    const { status } = new StatusError(
      code,
      code === 429 ? "TooManyRequests" : "ServiceUnavailable",
      "the stand-in is out of order",
      details,
    );
    send(response, { status: code, body: status, ...(wait !== undefined && { headers: { "Retry-After": String(wait) } }) });
  }
}
