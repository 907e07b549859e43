/** The reflector over real connections to servers that misbehave. */
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../../src/cluster/api.ts";
import { createReflector } from "../../src/cluster/reflector.ts";
import { createStore } from "../../src/cluster/store.ts";
import { withoutManagedFields } from "../../src/cluster/trim.ts";
import { watchEvents } from "../../src/cluster/watch-stream.ts";
import { type Clock, systemClock } from "../../src/domain/clock.ts";
import { ApiError, type KubeObject, RESOURCES } from "../../src/domain/kube.ts";
import { type Answerer, clientFor, json, serve, status } from "./support/http.ts";

const { services } = RESOURCES;

/** Pauses a hundredth as long. */
const hurriedClock: Clock = {
  ...systemClock,
  schedule: (ms, run) => systemClock.schedule(ms / 100, run),
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

function service(name: string, version: string, value: unknown = 0): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop", uid: "u", resourceVersion: version }, value };
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

async function watchAll(answer: Answerer, signal = new AbortController().signal): Promise<{ events: WatchEvent[]; error: unknown }> {
  const server = await serve(answer);
  const events: WatchEvent[] = [];
  try {
    const watch = clientFor(server.url, { timeoutMs: 300 }).watch(
      services,
      { resourceVersion: "7", timeoutSeconds: 290, allowBookmarks: true },
      signal,
    );
    for await (const event of watch) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

describe("watch", () => {
  test("events come whole, however the stream is cut, in any script", async () => {
    const bookmark = { metadata: { resourceVersion: "9" } };
    const bytes = Buffer.from(
      line("ADDED", service("a", "8", "čížek 🐤")) + line("BOOKMARK", bookmark) + line("DELETED", service("a", "10")),
    );
    for (const size of [1, 2, 3, 7, 100, bytes.length]) {
      async function* body() {
        for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
      }
      const events: WatchEvent[] = [];
      for await (const event of watchEvents({ verb: "watch", resource: services }, body())) events.push(event);
      expect(events).toEqual([
        { type: "ADDED", object: service("a", "8", "čížek 🐤") },
        { type: "BOOKMARK", resourceVersion: "9" },
        { type: "DELETED", object: service("a", "10") },
      ]);
    }
  });

  test("it asks for what it needs", async () => {
    const { events, error } = await watchAll((request, response) => {
      expect(Object.fromEntries(request.query)).toEqual({
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: "7",
        timeoutSeconds: "290",
      });
      response.end(line("ADDED", service("a", "8")));
    });
    expect([error, events]).toEqual([undefined, [{ type: "ADDED", object: service("a", "8") }]]);
  });

  test("an ERROR event is an error by what to do next", async () => {
    const { events } = await watchAll((_, response) => {
      response.end(line("ERROR", status(410, "Expired")));
    });
    expect(events).toMatchObject([{ type: "ERROR", error: { kind: "gone", status: 410, reason: "Expired" } }]);
  });

  test("a login page in place of a watch is typed, and never parsed as events", async () => {
    const { events, error } = await watchAll((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>\nsign in</html>\n");
    });
    expect(events).toEqual([]);
    expect(error).toMatchObject({ kind: "retry", reason: "BadAnswer" });
  });

  test("a connection that breaks in the middle of an event is a retry, and the event does not count", async () => {
    const { events, error } = await watchAll((_, response) => {
      response.write(line("ADDED", service("a", "8")) + line("ADDED", service("b", "9")).slice(0, 30), () => response.destroy());
    });
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ kind: "retry", status: 0 });
  });

  test("a refused watch is typed like any answer", async () => {
    const { error } = await watchAll((_, response) => json(response, 429, status(429, "TooManyRequests"), { "retry-after": "5" }));
    expect(error).toMatchObject({ kind: "wait", retryAfterMs: 5000 });
  });

  test("headers that never come are a time-out", async () => {
    const { error } = await watchAll(() => {});
    expect(error).toMatchObject({ kind: "retry", reason: "Timeout" });
  });

  test("a watch that is open outlives the time limit of calls, and the signal ends it", async () => {
    const stop = new AbortController();
    const { events, error } = await watchAll((_, response) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => response.write(line("ADDED", service("a", "8"))), 1200);
      setTimeout(() => stop.abort(new Error("enough")), 1400);
    }, stop.signal);
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ message: "enough" });
  });

  test("leaving the loop closes the connection", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await serve((_, response) => {
      response.on("close", () => closed.resolve());
      response.write(line("ADDED", service("a", "8")));
    });
    const signal = new AbortController().signal;
    for await (const _ of clientFor(server.url).watch(
      services,
      { resourceVersion: "7", timeoutSeconds: 290, allowBookmarks: true },
      signal,
    ))
      break;
    await closed.promise;
  });
});

test("a reflector comes through 401, 429, a login page, 410 and a broken connection, and holds what the server has", async () => {
  const truth = new Map<string, KubeObject>([["a", service("a", "5")]]);
  let watching: ServerResponse | undefined;
  const lists: Answerer[] = [
    (_, response) => json(response, 401, status(401, "Unauthorized")),
    (_, response) => json(response, 429, status(429, "TooManyRequests"), { "retry-after": "0" }),
    (_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>sign in</html>");
    },
  ];
  const watches: Answerer[] = [
    (_, response) => {
      truth.delete("a");
      truth.set("b", service("b", "9"));
      response.end(line("ERROR", status(410, "Expired")));
    },
    (_, response) => {
      const changed = service("b", "11", 1);
      truth.set("b", changed);
      response.write(line("MODIFIED", changed), () => response.destroy());
    },
  ];
  const server = await serve((request, response, index) => {
    const planned = request.query.has("watch") ? watches.shift() : lists.shift();
    if (planned !== undefined) return planned(request, response, index);
    if (!request.query.has("watch")) return json(response, 200, { metadata: { resourceVersion: "10" }, items: [...truth.values()] });
    watching = response;
    const last = service("c", "12");
    truth.set("c", last);
    response.write(line("ADDED", last));
  });
  const store = createStore<KubeObject>({ trim: withoutManagedFields, onListenerError: () => {} });
  const told: string[] = [];
  const complete = Promise.withResolvers<void>();
  store.onChange((old, next) => {
    told.push(`${old?.metadata.resourceVersion ?? ""}>${next?.metadata.resourceVersion ?? ""}`);
    if (next?.metadata.name === "c") complete.resolve();
  });
  const failures: string[] = [];
  const stop = new AbortController();
  const reflector = createReflector({
    client: clientFor(server.url),
    resource: services,
    sink: store,
    clock: hurriedClock,
    random: () => 0,
    onFailure: (error) => failures.push(error instanceof ApiError ? error.reason : String(error)),
  });
  const done = reflector.run(stop.signal);
  await complete.promise;
  expect(new Map(store.list().map((each) => [each.metadata.name, each]))).toEqual(truth);
  expect(told).toEqual([">5", ">9", "5>", "9>11", ">12"]);
  expect(failures).toEqual(["TooManyRequests", "BadAnswer", "Expired", "Unreachable"]);
  stop.abort();
  await done;
  watching?.destroy();
}, 60_000);
