import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeStore } from "../../../src/sim/kube/store.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { CONFIG_MAPS, configMap, createWorld, START } from "../../sim/kube/support/world.ts";
import { type OpenWatch, openWatch, type WatchEvent } from "./support/client.ts";

const PATH = "/api/v1/namespaces/shop/configmaps?watch=true";

describe("watches", () => {
  let store: KubeStore;
  let server: ApiServer;
  let clock: VirtualClock;
  const open: OpenWatch[] = [];

  beforeEach(async () => {
    clock = createVirtualClock(START);
    store = createWorld().store;
    server = await startApiServer({ store, clock });
  });
  afterEach(async () => {
    for (const watch of open.splice(0)) {
      watch.close();
    }
    await server.close();
  });

  const watch = async (query = "", headers: Record<string, string> = {}) => {
    const watched = await openWatch(server, `${PATH}${query}`, headers);
    open.push(watched);
    return watched;
  };
  const told = (event: WatchEvent | undefined) => event && `${event.type} ${event.object.metadata.name}`;
  const label = (name: string, app: string | null) =>
    store.patch(CONFIG_MAPS, "shop", name, { type: "merge", body: { metadata: { labels: { app } } } });

  it("tell what is there, then what happens, and nothing of other namespaces and kinds", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    const events = await watch();
    store.create(CONFIG_MAPS, "default", configMap("elsewhere"));
    store.create(CONFIG_MAPS, "shop", configMap("b"));
    store.delete(CONFIG_MAPS, "shop", "a");
    expect([told(await events.next()), told(await events.next()), told(await events.next())]).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
  });

  it("begin behind the version that they name", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    const version = store.resourceVersion();
    store.create(CONFIG_MAPS, "shop", configMap("b"));
    const events = await watch(`&resourceVersion=${version}`);
    store.create(CONFIG_MAPS, "shop", configMap("c"));
    expect([told(await events.next()), told(await events.next())]).toEqual(["ADDED b", "ADDED c"]);
  });

  it("tell of objects that come to match a selector, and that no longer do", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    const events = await watch(`&labelSelector=app%3Dweb&resourceVersion=${store.resourceVersion()}`);
    label("a", "web");
    store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { data: { k: "1" } } });
    const left = label("a", "db");
    store.delete(CONFIG_MAPS, "shop", "a");
    label(store.create(CONFIG_MAPS, "shop", configMap("b")).metadata.name, "web");
    const seen = [await events.next(), await events.next(), await events.next(), await events.next()];
    expect(seen.map(told)).toEqual(["ADDED a", "MODIFIED a", "DELETED a", "ADDED b"]);
    expect(seen[2]?.object.metadata).toMatchObject({ labels: { app: "web" }, resourceVersion: left.metadata.resourceVersion });
  });

  it("end with ERROR 410 where their version is forgotten", async () => {
    const version = store.resourceVersion();
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    store.compact();
    const events = await watch(`&resourceVersion=${version}`);
    expect(await events.next()).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    expect(await events.next()).toBeUndefined();
  });

  it("mark the end of the first objects for those who ask, also where there are none", async () => {
    const events = await watch("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    const mark = await events.next();
    expect(mark?.type).toBe("BOOKMARK");
    expect(mark?.object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  });

  it("bookmark every minute and in the last two seconds, and end at their time", async () => {
    const events = await watch(`&allowWatchBookmarks=true&timeoutSeconds=100&resourceVersion=${store.resourceVersion()}`);
    store.create(CONFIG_MAPS, "default", configMap("elsewhere"));
    clock.advance(60_000);
    expect(await events.next()).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { resourceVersion: String(store.resourceVersion()) } },
    });
    clock.advance(40_000);
    expect([(await events.next())?.type, (await events.next())?.type, await events.next()]).toEqual(["BOOKMARK", "BOOKMARK", undefined]);
  });

  it("say nothing that nobody asked for: no bookmarks unless allowed", async () => {
    const events = await watch(`&timeoutSeconds=100&resourceVersion=${store.resourceVersion()}`);
    clock.advance(100_000);
    expect(await events.next()).toBeUndefined();
  });

  it("leave nothing behind when their client goes", async () => {
    const events = await watch(`&allowWatchBookmarks=true&resourceVersion=${store.resourceVersion()}`);
    expect(clock.nextAt()).toBeDefined();
    events.close();
    await expect.poll(() => clock.nextAt()).toBeUndefined();
  });

  it("end when the server cuts them, and can be opened again", async () => {
    const events = await watch();
    server.closeWatches();
    expect(await events.next()).toBeUndefined();
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    expect(told(await (await watch()).next())).toBe("ADDED a");
  });

  it("can go silent without an end, as over a half-open connection", async () => {
    const events = await watch("&timeoutSeconds=10");
    server.silenceWatches();
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    clock.advance(20_000);
    let ended = false;
    void events.next().then(
      () => (ended = true),
      () => (ended = true),
    );
    expect(told(await (await watch()).next())).toBe("ADDED a");
    expect(ended).toBe(false);
  });

  it("show metadata alone to those who want no more", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a", {}, { k: "1" }));
    const events = await watch("", { Accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" });
    const event = await events.next();
    expect(event?.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
    expect(event?.object).not.toHaveProperty("data");
  });
});
