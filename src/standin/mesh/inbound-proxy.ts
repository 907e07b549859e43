/**
 * The proxy in front of a pod: counts what arrives, by the rules of Linkerd's inbound side, and hands it to the application.
 *
 * A caller's identity travels in a header of the stand-in's own, in the place of mTLS; the application never sees it. While the
 * application does not listen yet, the proxy answers 502 itself, and counts it.
 */
import type { IncomingMessage, RequestListener } from "node:http";
import type { Clock } from "../../domain/clock.ts";
import type { InboundMetrics } from "../../sim/mesh/metrics/inbound.ts";

export const CLIENT_ID_HEADER = "l5d-client-id";

export interface AppRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

export interface AppAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type App = (request: AppRequest) => Promise<AppAnswer>;

export interface InboundProxyOptions {
  /** undefined: a pod without a proxy. */
  readonly metrics: InboundMetrics | undefined;
  /** The container port behind it. */
  readonly port: number;
  /** Paths that the pod's probes name on this port. */
  readonly probePaths: ReadonlySet<string>;
  readonly app: App;
  readonly isListening: () => boolean;
  readonly clock: Clock;
}

const NOBODY: AppAnswer = { status: 502, headers: {}, body: "" };

export function inboundProxy({ metrics, port, probePaths, app, isListening, clock }: InboundProxyOptions): RequestListener {
  return (request, response) => {
    const started = clock.monotonic();
    const method = request.method ?? "GET";
    const path = request.url ?? "/";
    const probe = method === "GET" && probePaths.has(path.split("?")[0] ?? "");
    const call = { port, probe, clientId: headerOf(request, CLIENT_ID_HEADER) };
    metrics?.request(call, clock.now());
    request.resume();
    void (isListening() ? app({ method, path }) : Promise.resolve(NOBODY)).then((answer) => {
      const latencyMs = clock.monotonic() - started;
      response.once("finish", () => {
        const grpcStatus = answer.headers["grpc-status"];
        metrics?.response(call, { status: answer.status, grpcStatus }, latencyMs, clock.now());
      });
      response.writeHead(answer.status, { ...answer.headers, "content-length": String(Buffer.byteLength(answer.body)) });
      response.end(answer.body);
    });
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
