import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createReflector, type Reflector, type ReflectorOptions } from "../../src/cluster/reflector.ts";
import { createStore, type Store } from "../../src/cluster/store.ts";
import { withoutManagedFields } from "../../src/cluster/trim.ts";
import { type KubeObject, RESOURCES } from "../../src/domain/kube.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import { createModelServer, type ModelServer } from "./support/model-server.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: VirtualClock;
let server: ModelServer;
let store: Store<KubeObject>;
let changes: string[];
let stop: AbortController;

beforeEach(() => {
  clock = createVirtualClock();
  server = createModelServer(clock);
  changes = [];
  stop = new AbortController();
  store = createStore({
    trim: withoutManagedFields,
    onListenerError: (error) => {
      throw error;
    },
  });
  store.onChange((old, next) => changes.push(`${old ? "" : "+"}${next ? "" : "-"}${(next ?? old)?.metadata.name}`));
});

afterEach(async () => {
  stop.abort();
  await clock.advance(0);
});

function start(options: Partial<ReflectorOptions> = {}): Reflector & { readonly done: Promise<void> } {
  const reflector = createReflector({
    client: server.client,
    resource: RESOURCES.services,
    sink: store,
    clock,
    random: () => 0.5,
    ...options,
  });
  return Object.assign(reflector, { done: reflector.run(stop.signal) });
}

/** Without those that only ask for the server's version. */
function wholeLists() {
  return server.lists.filter(({ limit }) => limit !== 1);
}

function kept(): Map<string, number> {
  return new Map(store.list().map((object) => [`shop/${object.metadata.name}`, Number(object["value"])]));
}

describe("list and watch", () => {
  test("what is there is listed in pages of 500, then watched from there", async () => {
    for (let i = 0; i < 1100; i += 1) server.write(`s${i}`, i);
    const reflector = start({ namespace: "shop", labelSelector: "a=b" });
    expect(reflector.synced).toBe(false);
    await clock.advance(0);
    expect(reflector.synced).toBe(true);
    await reflector.whenSynced;
    expect(server.lists.map((list) => [list.limit, list.namespace, list.labelSelector, list.resourceVersion])).toEqual(
      Array(3).fill([500, "shop", "a=b", undefined]),
    );
    expect(server.watches).toMatchObject([
      { namespace: "shop", labelSelector: "a=b", resourceVersion: "1200", allowBookmarks: true, timeoutSeconds: 285 },
    ]);
    server.write("s0", 7);
    server.erase("s1");
    await clock.advance(0);
    expect(kept()).toEqual(server.truth());
  });

  test("a watch that lived its time goes on at once from the last bookmark", async () => {
    start();
    await clock.advance(0);
    server.write("a", 1);
    await clock.advance(286_000);
    expect(server.lists).toHaveLength(1);
    expect(server.watches.map((watch) => [watch.resourceVersion, watch.at])).toEqual([
      ["100", 0],
      ["101", 285_000],
    ]);
  });

  test("objects deleted while the watch was down are emitted as deletions by the re-list", async () => {
    server.write("a", 1);
    server.write("b", 2);
    start();
    await clock.advance(0);
    changes.length = 0;
    server.failNext("watch", 1);
    server.disconnect();
    server.erase("a");
    server.write("c", 3);
    server.compact();
    await clock.advance(MINUTE);
    expect(changes).toEqual(["+c", "-a"]);
    expect(kept()).toEqual(server.truth());
  });

  test("one namespace's list takes nothing from another", async () => {
    store.put({ apiVersion: "v1", kind: "Service", metadata: { name: "x", namespace: "bank", resourceVersion: "5" } });
    start({ namespace: "shop" });
    await clock.advance(0);
    expect(store.get("bank/x")).toBeDefined();
  });

  test("what a proxy swallowed from a living watch is found within the hour", async () => {
    start();
    await clock.advance(0);
    server.swallowNext();
    server.write("lost", 1);
    await clock.advance(10 * MINUTE);
    expect(store.get("shop/lost")).toBeUndefined();
    await clock.advance(HOUR);
    expect(kept()).toEqual(server.truth());
  });

  test("stopping ends the watch and the loop, and leaves no timer", async () => {
    const reflector = start();
    await clock.advance(0);
    expect(server.openWatches).toBe(1);
    stop.abort();
    await reflector.done;
    await clock.advance(0);
    expect([server.openWatches, clock.timers]).toEqual([0, 0]);
  });
});

describe("failures", () => {
  test("a first list that fails is tried again, and nothing is synced before", async () => {
    server.failNext("list", 3);
    const reflector = start();
    await clock.advance(1000);
    expect([reflector.synced, reflector.failure]).toMatchObject([false, { kind: "retry" }]);
    await clock.advance(MINUTE);
    expect([reflector.synced, reflector.failure, server.lists.length]).toEqual([true, undefined, 4]);
  });

  test("a silent watch is given up by the idle timer", async () => {
    server.silent = true;
    const failures: unknown[] = [];
    const reflector = start({ onFailure: (error) => failures.push(error) });
    await clock.advance(0);
    const listedAt = reflector.lastEventAt;
    server.write("a", 1);
    await clock.advance(2 * MINUTE);
    expect([kept().size, reflector.lastEventAt]).toEqual([0, listedAt]);
    server.silent = false;
    await clock.advance(MINUTE);
    expect(String(failures[0])).toContain("silent for 150 s");
    expect(kept()).toEqual(server.truth());
    expect(reflector.lastEventAt).toBeGreaterThan(listedAt ?? 0);
  });

  test("bookmarks keep a quiet watch alive and its version fresh", async () => {
    const reflector = start();
    await clock.advance(30 * MINUTE);
    expect(server.lists).toHaveLength(1);
    expect(clock.now() - (reflector.lastEventAt ?? 0)).toBeLessThanOrEqual(2 * MINUTE);
  });

  test("backoff resets only after a watch has lived a while", async () => {
    server.watchLastsMs = 5;
    start();
    await clock.advance(10 * MINUTE);
    const early = server.watches.length;
    // 1.2, 2.4, 4.8 ... 22.5 s: a server that drops every watch is asked about 30 times in ten minutes, not thousands of times.
    expect(early).toBeGreaterThan(15);
    expect(early).toBeLessThan(35);
    server.watchLastsMs = 90_000;
    await clock.advance(5 * MINUTE);
    server.watchLastsMs = 5;
    const before = server.watches.length;
    await clock.advance(3 * MINUTE);
    const gaps = server.watches.slice(before).map((watch, index, all) => watch.at - (all[index - 1]?.at ?? watch.at));
    expect(Math.min(...gaps.slice(1))).toBeLessThan(2000);
  });

  test("watches that end at once again and again lead to a list", async () => {
    server.watchLastsMs = 5;
    start();
    await clock.advance(20_000);
    expect(wholeLists().length).toBeGreaterThan(1);
    expect(wholeLists().length).toBeLessThan(server.watches.length);
  });

  test("an expired version leads to a list, once", async () => {
    start();
    await clock.advance(0);
    server.disconnect();
    server.write("a", 1);
    server.compact();
    await clock.advance(MINUTE);
    expect(wholeLists()).toHaveLength(2);
    expect(kept()).toEqual(server.truth());
  });

  test("after a watch that was cut the shortest list tells whether the server is still where it was", async () => {
    start();
    await clock.advance(0);
    server.disconnect();
    await clock.advance(10_000);
    expect(server.lists.map(({ limit }) => limit)).toEqual([500, 1]);
    expect(server.watches).toHaveLength(2);
  });

  test("a list that expires between its pages starts over and deletes nothing on the way", async () => {
    for (let i = 0; i < 600; i += 1) server.write(`s${i}`, i);
    start();
    await clock.advance(0);
    server.disconnect();
    server.compact();
    server.write("more", 1);
    const list = server.client.list;
    const sizes: number[] = [];
    Object.assign(server.client, {
      list: async (...args: Parameters<typeof list>) => {
        sizes.push(store.size);
        if (sizes.length === 2) {
          server.write("meanwhile", 2);
          server.compact();
        }
        return list(...args);
      },
    });
    server.failNext("watch", 1, "gone", { status: 410, reason: "Expired" });
    await clock.advance(MINUTE);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(600);
    expect(kept()).toEqual(server.truth());
  });

  test("too large resource version waits as told and lists without a version", async () => {
    start();
    await clock.advance(0);
    server.failNext("watch", 1, "wait", { status: 504, reason: "ResourceVersionTooLarge", retryAfterMs: 7000 });
    server.disconnect();
    await clock.advance(1300);
    const lists = server.lists.length;
    await clock.advance(6800);
    expect(server.lists).toHaveLength(lists);
    await clock.advance(300);
    expect(server.lists).toHaveLength(lists + 1);
    expect(server.lists.at(-1)?.resourceVersion).toBeUndefined();
  });

  test("a server that went back in time is believed", async () => {
    server.write("a", 1);
    server.write("b", 2);
    start();
    await clock.advance(0);
    for (let i = 0; i < 5; i += 1) server.write("a", i);
    await clock.advance(0);
    server.restore(6);
    expect(server.truth()).toEqual(new Map([["shop/a", 1]]));
    server.write("a", 3);
    await clock.advance(10_000);
    expect(kept()).toEqual(server.truth());
    server.write("a", 4);
    await clock.advance(0);
    expect(store.get("shop/a")?.["value"]).toBe(4);
  });

  test("a kind that does not exist counts as synced and empty, and is found when it comes", async () => {
    server.failNext("list", 3, "gone", { status: 404, reason: "NotFound" });
    server.write("a", 1);
    const reflector = start();
    await clock.advance(0);
    expect([reflector.synced, reflector.absent, store.size]).toEqual([true, true, 0]);
    await clock.advance(MINUTE);
    expect([reflector.absent, store.size]).toEqual([false, 1]);
  });

  test("a kind that few servers have is looked for as seldom as is said", async () => {
    server.failNext("list", 1_000, "gone", { status: 404, reason: "NotFound" });
    const reflector = start({ refusedMaxMs: 10 * MINUTE });
    await clock.advance(24 * 60 * MINUTE);
    expect(reflector.absent).toBe(true);
    expect(server.lists.length).toBeLessThan(24 * 12);
  });

  test("a kind that seems to be gone for a moment loses nothing", async () => {
    server.write("a", 1);
    const reflector = start();
    await clock.advance(0);
    server.failNext("watch", 1, "gone", { status: 404, reason: "NotFound" });
    server.failNext("list", 2, "gone", { status: 404, reason: "NotFound" });
    server.disconnect();
    await clock.advance(4000);
    expect([reflector.failure, store.size, reflector.absent]).toMatchObject([{ status: 404 }, 1, false]);
    await clock.advance(MINUTE);
    expect([reflector.failure, store.size]).toEqual([undefined, 1]);
  });
});
