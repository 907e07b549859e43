import { beforeEach, describe, expect, test } from "vitest";
import { byLabel, byNamespace, byOwner } from "../../src/cluster/indexes.ts";
import { createStore, type Store } from "../../src/cluster/store.ts";
import { managersOf, withManagersOf, withoutManagedFields } from "../../src/cluster/trim.ts";
import type { KubeObject, ObjectMeta } from "../../src/domain/kube.ts";

function object(name: string, version: string, more: Partial<ObjectMeta> = {}, value = 0): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop", uid: "u", resourceVersion: version, ...more }, value };
}

let store: Store<KubeObject, "namespace" | "owner" | "app">;
let told: [number | undefined, number | undefined][];
let rewinds: number;
const errors: unknown[] = [];

beforeEach(() => {
  told = [];
  errors.length = 0;
  rewinds = 0;
  store = createStore({
    trim: withoutManagedFields,
    indexes: { namespace: byNamespace, owner: byOwner, app: byLabel("app") },
    onListenerError: (error) => errors.push(error),
    onRewind: () => {
      rewinds += 1;
    },
  });
  store.onChange((old, next) => told.push([old?.["value"] as number | undefined, next?.["value"] as number | undefined]));
});

describe("never back", () => {
  test("an older watch event does not undo the answer to our own write", () => {
    store.put(object("a", "9", {}, 1));
    store.put(object("a", "10", {}, 2));
    store.put(object("a", "9", {}, 1));
    expect(told).toEqual([
      [undefined, 1],
      [1, 2],
    ]);
  });

  test("the same version twice is told once", () => {
    store.put(object("a", "9", {}, 1));
    store.put(object("a", "9", {}, 1));
    expect(told).toHaveLength(1);
  });

  test("the deletion of an earlier object of the name does not delete its successor", () => {
    store.put(object("a", "12", { uid: "new" }, 2));
    store.remove(object("a", "11", { uid: "old" }, 1));
    expect(store.get("shop/a")?.metadata.uid).toBe("new");
  });

  test("a late answer to a write does not bring back what was deleted since", () => {
    store.put(object("a", "5"));
    store.remove(object("a", "7"));
    store.put(object("a", "6"));
    expect(store.size).toBe(0);
    store.put(object("a", "8", { uid: "again" }));
    expect(store.size).toBe(1);
  });

  test("what we deleted ourselves is gone at once, whatever the watch still tells of its life", () => {
    store.put(object("a", "5", { uid: "u1" }));
    store.drop("shop/a", "u1");
    store.put(object("a", "6", { uid: "u1" }));
    expect(store.size).toBe(0);
    store.put(object("a", "8", { uid: "u2" }));
    store.drop("shop/a", "u1");
    expect(store.size).toBe(1);
  });

  test("versions that are no numbers count in the order of arrival", () => {
    store.put(object("a", "zz", {}, 1));
    store.put(object("a", "aa", {}, 2));
    expect(store.get("shop/a")?.["value"]).toBe(2);
  });
});

describe("lists", () => {
  test("what a complete list does not hold is gone, but for what was written after it", () => {
    store.put(object("gone", "5"));
    store.put(object("stays", "6"));
    const relist = store.relist(undefined);
    store.put(object("own", "12"));
    relist.page([object("stays", "6")], "10");
    expect(store.size).toBe(3);
    relist.done();
    expect(store.list().map((each) => each.metadata.name)).toEqual(["stays", "own"]);
  });

  test("a late answer to a write does not bring back what a list no longer held", () => {
    store.put(object("a", "5"));
    const relist = store.relist(undefined);
    relist.page([], "10");
    relist.done();
    store.put(object("a", "6"));
    expect(store.size).toBe(0);
  });

  test("a list that never completes deletes nothing", () => {
    store.put(object("a", "5"));
    store.relist(undefined).page([], "10");
    expect(store.size).toBe(1);
  });

  test("a list does not undo what was written after it", () => {
    const relist = store.relist(undefined);
    store.put(object("a", "12", {}, 2));
    relist.page([object("a", "9", {}, 1)], "10");
    relist.done();
    expect(store.get("shop/a")?.["value"]).toBe(2);
  });

  test("a list older than what was seen before it is believed: the server was restored", () => {
    store.put(object("a", "500", {}, 2));
    store.put(object("b", "501", {}, 2));
    const relist = store.relist(undefined);
    relist.page([object("a", "90", {}, 1)], "100");
    relist.done();
    expect(store.list().map((each) => each["value"])).toEqual([1]);
    store.put(object("a", "101", {}, 3));
    expect(store.get("shop/a")?.["value"]).toBe(3);
    expect(rewinds).toBe(1);
  });

  test("so is one that counts further already, and knows an object in an older version than was seen", () => {
    store.put(object("a", "500", {}, 2));
    const relist = store.relist(undefined);
    relist.page([object("a", "90", {}, 1)], "510");
    relist.done();
    expect(store.get("shop/a")?.["value"]).toBe(1);
    expect(rewinds).toBe(1);
  });

  test("another object of the name, and what was written while the list was under way, are no sign of it", () => {
    store.put(object("a", "500", { uid: "old" }, 2));
    const relist = store.relist(undefined);
    store.put(object("b", "520", {}, 4));
    relist.page([object("a", "490", {}, 1), object("b", "505", {}, 3)], "510");
    relist.done();
    expect(store.list().map((each) => each["value"])).toEqual([1, 4]);
    expect(rewinds).toBe(0);
  });

  test("what we deleted lives where a list that was asked for later holds it", () => {
    store.put(object("a", "5", {}, 1));
    store.drop("shop/a", "u");
    const relist = store.relist(undefined);
    relist.page([object("a", "5", {}, 1)], "10");
    relist.done();
    expect(store.get("shop/a")?.["value"]).toBe(1);
    store.put(object("a", "11", {}, 2));
    expect(store.get("shop/a")?.["value"]).toBe(2);
  });
});

describe("looking up", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "rs-1" };

  test("by namespace, by owner and by label, after every kind of change", () => {
    store.put(object("a", "1", { labels: { app: "web" }, ownerReferences: [owner] }));
    store.put(object("b", "2", { labels: { app: "web" } }));
    store.put(object("c", "3", { namespace: "bank", labels: { app: "web" } }));
    const names = (index: "namespace" | "owner" | "app", value: string) => store.by(index, value).map((each) => each.metadata.name);
    expect([names("namespace", "shop"), names("owner", "rs-1"), names("app", "shop/web"), names("app", "x")]).toEqual([
      ["a", "b"],
      ["a"],
      ["a", "b"],
      [],
    ]);
    store.put(object("a", "4", { labels: { app: "api" } }));
    store.remove(object("b", "5"));
    expect([names("namespace", "shop"), names("owner", "rs-1"), names("app", "shop/web"), names("app", "shop/api")]).toEqual([
      ["a"],
      [],
      [],
      ["a"],
    ]);
  });

  test("a listener that throws stops neither the others nor the store", () => {
    const later: string[] = [];
    store.onChange(() => {
      throw new Error("a bug");
    });
    const end = store.onChange((_, next) => later.push(next?.metadata.name ?? ""));
    store.put(object("a", "1"));
    end();
    store.put(object("b", "2"));
    expect([later, errors.length, store.size]).toEqual([["a"], 2, 2]);
  });
});

describe("trimming", () => {
  const managedFields = [
    {
      manager: "kubectl",
      operation: "Update",
      fieldsV1: { "f:spec": { "f:replicas": {}, "f:progressDeadlineSeconds": {}, "f:template": { "f:x": {} } } },
    },
    { manager: "kube-controller-manager", operation: "Update", subresource: "status", fieldsV1: { "f:status": {} } },
    { manager: "argocd", operation: "Apply", fieldsV1: { "f:spec": { "f:rules": {} } } },
  ];
  const whole = object("a", "1", { managedFields });

  test("managedFields are left out, and only they", () => {
    const { managedFields: _, ...metadata } = whole.metadata;
    expect(withoutManagedFields(whole)).toEqual({ ...whole, metadata });
  });

  test("the managers of the wanted fields stay, of a field inside a list that is owned as a whole too", () => {
    const paths = [
      ["spec", "progressDeadlineSeconds"],
      ["spec", "rules", "weight"],
    ] as const;
    const trimmed = withManagersOf(...paths)(whole);
    expect(trimmed.metadata.managedFields?.map((each) => [each.manager, each.fieldsV1])).toEqual([
      ["kubectl", { "f:spec": { "f:progressDeadlineSeconds": {} } }],
      ["argocd", { "f:spec": { "f:rules": {} } }],
    ]);
    for (const path of paths) expect(managersOf(trimmed, path)).toHaveLength(1);
    expect(managersOf(whole, ["spec", "replicas"]).map((each) => each.manager)).toEqual(["kubectl"]);
  });
});
