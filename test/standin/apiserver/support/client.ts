/** A small HTTP client for tests: answers as JSON, watches as a stream of events that can be awaited. */
import type { ApiServer } from "../../../../src/standin/apiserver/server.ts";

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly body: any;
}

export async function ask(server: ApiServer, path: string, init: RequestInit = {}): Promise<JsonAnswer> {
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

export interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name?: string; readonly resourceVersion: string; readonly annotations?: Record<string, string> };
    readonly [field: string]: unknown;
  };
}

export interface OpenWatch {
  /** The next event; undefined at the end of the stream. */
  next(): Promise<WatchEvent | undefined>;
  close(): void;
}

export async function openWatch(server: ApiServer, path: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
  const controller = new AbortController();
  const response = await fetch(`${server.url}${path}`, { headers, signal: controller.signal });
  const events = eventsOf(response);
  return {
    next: async () => (await events.next()).value,
    close: () => controller.abort(),
  };
}

async function* eventsOf(response: Response): AsyncGenerator<WatchEvent, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.map((line) => JSON.parse(line) as WatchEvent);
  }
  return undefined;
}
