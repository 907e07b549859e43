import { describe, expect, it } from "vitest";
import type { KubeObject, OwnerReference } from "../../../src/domain/kube.ts";
import { createGarbageCollector } from "../../../src/sim/kube/gc.ts";
import { type KubeStore, NAMESPACES } from "../../../src/sim/kube/store.ts";
import { CONFIG_MAPS, configMap, createWorld } from "./support/world.ts";

function ownerOf(object: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name, uid: object.metadata.uid ?? "", ...more };
}

/** Grandmother, mother, child. */
function family(store: KubeStore, more: Partial<OwnerReference> = {}) {
  const grandmother = store.create(CONFIG_MAPS, "shop", configMap("grandmother"));
  const mother = store.create(CONFIG_MAPS, "shop", configMap("mother", { ownerReferences: [ownerOf(grandmother, more)] }));
  store.create(CONFIG_MAPS, "shop", configMap("child", { ownerReferences: [ownerOf(mother, more)] }));
}

function names(store: KubeStore): string[] {
  return store.list(CONFIG_MAPS).items.map(({ metadata }) => metadata.name);
}

describe("the garbage collector", () => {
  it("takes the whole family in the background", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    family(store);
    collector.run();
    expect(collector.pending()).toBe(false);
    expect(store.delete(CONFIG_MAPS, "shop", "grandmother").gone).toBe(true);
    expect(names(store)).toEqual(["child", "mother"]);
    collector.run();
    expect(names(store)).toEqual([]);
  });

  it("in the foreground, takes the owner last where a dependent blocks it", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    family(store, { blockOwnerDeletion: true });
    const order: string[] = [];
    store.subscribe(({ type, object }) => void (type === "DELETED" && order.push(object.metadata.name)));
    expect(store.delete(CONFIG_MAPS, "shop", "grandmother", { propagation: "Foreground" }).gone).toBe(false);
    collector.run();
    expect(order).toEqual(["child", "mother", "grandmother"]);
  });

  it("waits in the foreground for a dependent that waits for its own finalizer", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    family(store, { blockOwnerDeletion: true });
    store.patch(CONFIG_MAPS, "shop", "child", { type: "merge", body: { metadata: { finalizers: ["x.dev/hold"] } } });
    store.delete(CONFIG_MAPS, "shop", "grandmother", { propagation: "Foreground" });
    collector.run();
    expect(names(store)).toEqual(["child", "grandmother", "mother"]);
    store.patch(CONFIG_MAPS, "shop", "child", { type: "merge", body: { metadata: { finalizers: null } } });
    collector.run();
    expect(names(store)).toEqual([]);
  });

  it("orphans: the dependents stay, without the reference", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    family(store);
    store.delete(CONFIG_MAPS, "shop", "grandmother", { propagation: "Orphan" });
    collector.run();
    expect(names(store)).toEqual(["child", "mother"]);
    expect(store.get(CONFIG_MAPS, "shop", "mother").metadata.ownerReferences).toBeUndefined();
  });

  it("keeps what has another owner, and drops the dead reference", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    const [one, two] = ["one", "two"].map((name) => store.create(CONFIG_MAPS, "shop", configMap(name))) as [KubeObject, KubeObject];
    store.create(CONFIG_MAPS, "shop", configMap("both", { ownerReferences: [ownerOf(one), ownerOf(two)] }));
    store.delete(CONFIG_MAPS, "shop", "one");
    collector.run();
    expect(store.get(CONFIG_MAPS, "shop", "both").metadata.ownerReferences).toEqual([ownerOf(two)]);
  });

  it.each([
    ["an owner that never was", "shop", { uid: "never" }],
    ["an owner of the same name made anew", "shop", { uid: "older" }],
    ["an owner in another namespace", "default", {}],
  ])("takes what points to %s", (_, namespace, more) => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    const owner = store.create(CONFIG_MAPS, "shop", configMap("owner"));
    store.create(CONFIG_MAPS, namespace, configMap("child", { ownerReferences: [ownerOf(owner, more)] }));
    collector.run();
    expect(names(store)).toEqual(["owner"]);
  });

  it("empties a namespace before it goes", () => {
    const { store } = createWorld();
    const collector = createGarbageCollector(store);
    store.create(CONFIG_MAPS, "shop", configMap("held", { finalizers: ["x.dev/hold"] }));
    store.create(CONFIG_MAPS, "shop", configMap("free"));
    store.delete(NAMESPACES, "", "shop");
    collector.run();
    expect(names(store)).toEqual(["held"]);
    expect(store.get(NAMESPACES, "", "shop")).toMatchObject({ status: { phase: "Terminating" } });
    store.patch(CONFIG_MAPS, "shop", "held", { type: "merge", body: { metadata: { finalizers: null } } });
    collector.run();
    expect(store.find(NAMESPACES, "", "shop")).toBeUndefined();
  });
});
