/** Answers recorded from a real kube-apiserver, sent again. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../../src/cluster/api.ts";
import { ApiError, RESOURCES } from "../../src/domain/kube.ts";
import { clientFor, serve } from "./support/http.ts";

interface Exchange {
  readonly request: { readonly method: string; readonly path: string };
  readonly response: { readonly status: number; readonly contentType: string; readonly retryAfter?: string; readonly body: unknown };
}

const { canaryRollouts } = RESOURCES;

function recorded(name: string): readonly Exchange[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/kube-apiserver/raw/${name}.json`, import.meta.url), "utf8")).exchanges;
}

async function replay({ response }: Exchange) {
  const server = await serve((_, answer) => {
    answer.writeHead(response.status, {
      "content-type": response.contentType,
      ...(response.retryAfter ? { "retry-after": response.retryAfter } : {}),
    });
    if (Array.isArray(response.body)) for (const event of response.body) answer.write(`${JSON.stringify(event)}\n`);
    else if (response.body !== null) answer.write(typeof response.body === "string" ? response.body : JSON.stringify(response.body));
    answer.end();
  });
  return clientFor(server.url);
}

describe("refusals", () => {
  const cases: readonly [file: string, index: number, what: string, kind: string][] = [
    ["auth", 0, "no token", "retry"],
    ["auth", 3, "a path that is not served", "gone"],
    ["conflicts", 0, "created twice", "conflict"],
    ["conflicts", 4, "a merge patch with an old version", "conflict"],
    ["conflicts", 6, "a JSON patch whose test failed", "conflict"],
    ["conflicts", 8, "a patch of a type that is not served", "invalid"],
    ["conflicts", 9, "a deletion with an old version", "conflict"],
    ["conflicts", 10, "a deletion with another uid", "conflict"],
    ["conflicts", 11, "an object that is not there", "gone"],
    ["events", 3, "an event without its time", "invalid"],
    ["invalid", 0, "against the schema", "invalid"],
    ["invalid", 2, "unknown fields under strict validation", "invalid"],
    ["leases", 4, "three decimals", "invalid"],
    ["route", 3, "a guarded weight patch whose test failed", "conflict"],
    ["route", 5, "a weight out of range", "invalid"],
    ["paging", 14, "a version of the future", "wait"],
  ];
  test.each(cases)("%s %i, %s: %s", async (file, index, _what, kind) => {
    const exchange = recorded(file)[index]!;
    expect(exchange.response.status).toBeGreaterThanOrEqual(400);
    const client = await replay(exchange);
    const error = await client.jsonPatch(canaryRollouts, "shop", "p1", []).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ kind, status: exchange.response.status });
  });
});

test("a watch is its events, bookmarks included", async () => {
  const exchange = recorded("watch").at(-1)!;
  const events: WatchEvent[] = [];
  const client = await replay(exchange);
  const options = { namespace: "shop", resourceVersion: "2937", timeoutSeconds: 4, allowBookmarks: true };
  for await (const event of client.watch(canaryRollouts, options, new AbortController().signal)) events.push(event);
  expect(events.map((event) => (event.type === "BOOKMARK" ? event.resourceVersion : event.type))).toEqual([
    "ADDED",
    "MODIFIED",
    "MODIFIED",
    "DELETED",
    "2941",
    "2941",
  ]);
});

test("pages are lists, up to the last without a token", async () => {
  const pages = recorded("paging").filter(({ request, response }) => request.path.includes("limit=2") && response.status === 200);
  const lists = [];
  for (const page of pages) lists.push(await (await replay(page)).list(canaryRollouts, { namespace: "shop", limit: 2 }));
  expect(lists.map((list) => [list.items.map((item) => item.metadata.name), list.resourceVersion, list.continue !== undefined])).toEqual([
    [["p0", "p1"], "2935", true],
    [["p2", "p3"], "2935", true],
    [["p4"], "2935", false],
  ]);
});
