import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { CONFIG_MAPS, configMap, createWorld } from "../../sim/kube/support/world.ts";
import { ask } from "./support/client.ts";

const PATH = "/api/v1/configmaps";

describe("lists", () => {
  let store: KubeStore;
  let server: ApiServer;
  beforeEach(async () => {
    store = createWorld().store;
    server = await startApiServer({ store });
  });
  afterEach(() => server.close());

  const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

  it("page through the state as of the first page, whatever happens in between", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) {
      store.create(CONFIG_MAPS, name < "c" ? "default" : "shop", configMap(name));
    }
    const first = await ask(server, `${PATH}?limit=2`);
    store.delete(CONFIG_MAPS, "shop", "c");
    store.create(CONFIG_MAPS, "shop", configMap("bb"));
    const second = await ask(server, `${PATH}?limit=2&continue=${first.body.metadata.continue}`);
    const third = await ask(server, `${PATH}?limit=2&continue=${second.body.metadata.continue}`);
    expect([first, second, third].map(({ body }) => names(body))).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect([first, second, third].map(({ body }) => body.metadata.remainingItemCount)).toEqual([3, 1, undefined]);
    expect(new Set([first, second, third].map(({ body }) => body.metadata.resourceVersion)).size).toBe(1);
    expect(third.body.metadata.continue).toBeUndefined();
  });

  it("answer 410 to a page of a state that is forgotten", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    store.create(CONFIG_MAPS, "shop", configMap("b"));
    const first = await ask(server, `${PATH}?limit=1`);
    store.create(CONFIG_MAPS, "shop", configMap("c"));
    store.compact();
    expect(await ask(server, `${PATH}?limit=1&continue=${first.body.metadata.continue}`)).toMatchObject({
      status: 410,
      body: { reason: "Expired" },
    });
  });

  it("show exactly the version that is asked for, or one that is newer", async () => {
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    const version = store.resourceVersion();
    store.create(CONFIG_MAPS, "shop", configMap("b"));
    const exact = await ask(server, `${PATH}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    const newer = await ask(server, `${PATH}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`);
    expect([names(exact.body), names(newer.body)]).toEqual([["a"], ["a", "b"]]);
    expect(exact.body.metadata.resourceVersion).toBe(String(version));
  });

  it.each([
    ["resourceVersion=x", 400],
    ["resourceVersionMatch=Exact", 400],
    ["continue=!!", 400],
    ["labelSelector=a%20b", 400],
  ])("%s answers %i", async (query, status) => {
    expect(await ask(server, `${PATH}?${query}`)).toMatchObject({ status, body: { kind: "Status" } });
  });
});
