/**
 * One HTTP exchange with the API server: who we are, a pooled connection, a time limit, a 401 answered by fresh
 * credentials and the same call once more, and one telemetry record per request that was sent.
 *
 * A fence is asked when the connection stands and the next thing to happen is the write to its socket: a process that
 * was stopped or blocked while it waited for a connection sends nothing on waking up. Meaning is left to the client.
 */
import type { Dispatcher } from "undici";
import type { Clock } from "../domain/clock.ts";
import { ApiError } from "../domain/kube.ts";
import { type Access, createCredentials } from "./credentials.ts";
import { abortable, DeadlineExceeded, startDeadline } from "./deadline.ts";
import { type Call, errorFenced, errorOfForeignAnswer, errorWithoutAnswer, resourceText } from "./errors.ts";
import type { KubeConfigSource } from "./kube-config.ts";
import { createPool } from "./pool.ts";

/** May this process write now? Asked before every write, so it must be cheap and must not throw. */
export type Fence = () => boolean;

export interface RequestRecord {
  readonly verb: Call["verb"];
  /** Plural name, with the subresource: `canaryrollouts/status`. */
  readonly resource: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** From sending to the answer's headers. */
  readonly seconds: number;
}

export interface TransportOptions {
  readonly kubeConfig: KubeConfigSource;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly onRequest?: ((record: RequestRecord) => void) | undefined;
}

export interface Exchange {
  readonly call: Call;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly contentType: string; readonly json: unknown };
  readonly fence?: Fence | undefined;
}

export interface TextAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export interface Transport {
  /** The whole answer, within `timeoutMs`. */
  exchange(exchange: Exchange, timeoutMs: number, signal?: AbortSignal): Promise<TextAnswer>;
  /** The answer once its headers are there, within `timeoutMs`; its body lasts as long as the server and the signal let it. */
  open(exchange: Exchange, timeoutMs: number, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** A list of 500 objects of the largest kind stays below 50 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export function createTransport(options: TransportOptions): Transport {
  const { clock } = options;
  const credentials = createCredentials(options.kubeConfig, clock);
  const pool = createPool();

  async function send(exchange: Exchange, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const access = await accessFor(exchange.call, signal);
    const answer = await sendOnce(exchange, access, signal);
    if (answer.statusCode !== 401) return answer;
    await answer.body.dump();
    credentials.refused(access);
    return sendOnce(exchange, await accessFor(exchange.call, signal), signal);
  }

  async function accessFor(call: Call, signal: AbortSignal): Promise<Access> {
    try {
      return await abortable(credentials.current(), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw errorWithoutAnswer(call, "Credentials", error);
    }
  }

  async function sendOnce(exchange: Exchange, access: Access, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const started = clock.monotonic();
    let status = 0;
    try {
      const answer = await pool.for(access).request(requestOf(exchange, access, signal));
      status = answer.statusCode;
      return answer;
    } finally {
      const seconds = (clock.monotonic() - started) / 1000;
      options.onRequest?.({ verb: exchange.call.verb, resource: resourceText(exchange.call), status, seconds });
    }
  }

  function requestOf(exchange: Exchange, access: Access, signal: AbortSignal): Dispatcher.RequestOptions {
    const payload = exchange.body === undefined ? undefined : Buffer.from(JSON.stringify(exchange.body.json));
    return {
      origin: access.origin,
      path: access.basePath + exchange.path,
      method: exchange.method,
      headers: {
        ...access.headers,
        accept: "application/json",
        "user-agent": options.userAgent,
        ...(exchange.body && payload ? { "content-type": exchange.body.contentType, "content-length": String(payload.length) } : {}),
      },
      body: payload === undefined ? null : (fencedBody(exchange, payload) as unknown as Buffer),
      signal,
      // The limits are ours, on our clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  return {
    async exchange(exchange, timeoutMs, signal) {
      const deadline = startDeadline(clock, timeoutMs, signal);
      try {
        return await readAnswer(exchange.call, await send(exchange, deadline.signal));
      } catch (error) {
        throw explain(exchange.call, error, signal);
      } finally {
        deadline.clear();
      }
    },
    async open(exchange, timeoutMs, signal) {
      const deadline = startDeadline(clock, timeoutMs, signal);
      try {
        const answer = await send(exchange, deadline.signal);
        deadline.lift();
        answer.body.once("close", () => deadline.clear());
        return answer;
      } catch (error) {
        deadline.clear();
        throw explain(exchange.call, error, signal);
      }
    },
    close: () => pool.close(),
  };
}

/** Undici pulls the first chunk once it has a connection, and writes head and chunk in the same turn. */
async function* fencedBody({ call, fence }: Exchange, payload: Buffer): AsyncGenerator<Buffer> {
  if (fence !== undefined && !fence()) throw errorFenced(call);
  yield payload;
}

/** What a failed exchange throws: the caller's own reason, or an `ApiError`. */
export function explain(call: Call, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  return errorWithoutAnswer(call, error instanceof DeadlineExceeded ? "Timeout" : "Unreachable", error);
}

export async function readAnswer(call: Call, answer: Dispatcher.ResponseData): Promise<TextAnswer> {
  const head = {
    status: answer.statusCode,
    contentType: String(answer.headers["content-type"] ?? ""),
    retryAfter: headerText(answer.headers["retry-after"]),
  };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw errorOfForeignAnswer(call, { ...head, body: "" }, 0);
  }
  return { ...head, body: Buffer.concat(chunks).toString("utf8") };
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
