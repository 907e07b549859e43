import { describe, expect, it } from "vitest";
import { type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";
import { StatusError } from "../../../src/sim/kube/status-error.ts";
import type { Change } from "../../../src/sim/kube/store.ts";
import { CONFIG_MAPS, configMap, createWorld, deployment, pod } from "./support/world.ts";

function refusal(run: () => unknown): StatusError["status"] {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) {
      return error.status;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("versions", () => {
  it("moves with each change, and not with a patch that changes nothing", () => {
    const { store } = createWorld();
    const made = store.create(CONFIG_MAPS, "shop", configMap("a", {}, { k: "1" }));
    const same = store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { data: { k: "1" } } });
    const changed = store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { data: { k: "2" } } });
    expect(same).toBe(made);
    expect(Number(changed.metadata.resourceVersion)).toBe(Number(made.metadata.resourceVersion) + 1);
    expect(store.resourceVersion()).toBe(Number(changed.metadata.resourceVersion));
  });

  it("gives what was read frozen, so that nobody changes the world by accident", () => {
    const { store } = createWorld();
    const made = store.create(CONFIG_MAPS, "shop", configMap("a", {}, { k: "1" })) as KubeObject & { data: Record<string, string> };
    expect(() => {
      made.data["k"] = "2";
    }).toThrow(TypeError);
  });

  it("tells the same story for the same seed", () => {
    const story = () => {
      const { store } = createWorld({ seed: 3 });
      return [
        store.create(RESOURCES.pods, "shop", { ...pod("x"), metadata: { generateName: "x-" } as unknown as KubeObject["metadata"] }),
        store.list(CONFIG_MAPS),
      ];
    };
    expect(story()).toEqual(story());
  });
});

describe("optimistic concurrency", () => {
  const cases = [
    [
      "a merge patch with an old version",
      (old: string) => ({ type: "merge" as const, body: { metadata: { resourceVersion: old }, data: { k: "x" } } }),
      409,
      "Conflict",
    ],
    [
      "a JSON patch that writes an old version",
      (old: string) => ({ type: "json" as const, body: [{ op: "replace", path: "/metadata/resourceVersion", value: old }] }),
      409,
      "Conflict",
    ],
    [
      "a JSON patch whose test fails",
      (old: string) => ({ type: "json" as const, body: [{ op: "test", path: "/metadata/resourceVersion", value: old }] }),
      422,
      "Invalid",
    ],
    [
      "a JSON patch to nowhere",
      () => ({ type: "json" as const, body: [{ op: "replace", path: "/data/nope/x", value: 1 }] }),
      422,
      "Invalid",
    ],
    ["a patch that is no patch", () => ({ type: "json" as const, body: { op: "test" } }), 400, "BadRequest"],
    ["a new uid", () => ({ type: "merge" as const, body: { metadata: { uid: "other" } } }), 422, "Invalid"],
    ["a new name", () => ({ type: "merge" as const, body: { metadata: { name: "b" } } }), 400, "BadRequest"],
  ] as const;
  it.each(cases)("%s is refused and changes nothing", (_, patch, code, reason) => {
    const { store } = createWorld();
    const old = store.create(CONFIG_MAPS, "shop", configMap("a", {}, { k: "1" }));
    const now = store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { data: { k: "2" } } });
    expect(refusal(() => store.patch(CONFIG_MAPS, "shop", "a", patch(old.metadata.resourceVersion ?? "")))).toMatchObject({ code, reason });
    expect(store.get(CONFIG_MAPS, "shop", "a")).toBe(now);
  });

  it("refuses a PUT over a newer object, and a PUT without a version where the kind needs one", () => {
    const { store } = createWorld();
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: { holderIdentity: "a" } };
    const old = store.create(RESOURCES.leases, "shop", lease);
    store.replace(RESOURCES.leases, "shop", "l", { ...old, spec: { holderIdentity: "b" } });
    expect(refusal(() => store.replace(RESOURCES.leases, "shop", "l", { ...old, spec: { holderIdentity: "c" } }))).toMatchObject({
      code: 409,
    });
    expect(refusal(() => store.replace(RESOURCES.leases, "shop", "l", lease))).toMatchObject({ code: 422 });
  });
});

describe("generation", () => {
  const patched = (body: object, subresource?: "status") => {
    const { store } = createWorld();
    store.create(RESOURCES.deployments, "shop", deployment("web"));
    return store.patch(RESOURCES.deployments, "shop", "web", { type: "merge", body }, { subresource }).metadata.generation;
  };
  it.each([
    ["the spec moves it", { spec: { replicas: 5 } }, 2],
    ["annotations of a Deployment move it", { metadata: { annotations: { a: "b" } } }, 2],
    ["labels don't", { metadata: { labels: { a: "b" } } }, 1],
    ["status in a patch of the main resource is dropped", { status: { replicas: 5 } }, 1],
  ])("%s", (_, body, generation) => {
    expect(patched(body)).toBe(generation);
  });

  it("a status write moves nothing but the status, and the annotations that a Deployment's status may carry", () => {
    const { store } = createWorld();
    store.create(RESOURCES.deployments, "shop", deployment("web"));
    const body = {
      spec: { replicas: 9 },
      metadata: { labels: { l: "1" }, annotations: { a: "1" } },
      status: { replicas: 1, readyReplicas: 0 },
    };
    const now = store.patch(RESOURCES.deployments, "shop", "web", { type: "merge", body }, { subresource: "status" });
    expect(now).toMatchObject({ metadata: { generation: 1, annotations: { a: "1" } }, spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(now.metadata.labels).toBeUndefined();
    expect(now["status"]).toEqual({ replicas: 1 });
  });

  it("the size of /scale is the spec's", () => {
    const { store } = createWorld();
    store.create(RESOURCES.deployments, "shop", deployment("web"));
    const scale = store.patch(
      RESOURCES.deployments,
      "shop",
      "web",
      { type: "merge", body: { spec: { replicas: 4 } } },
      { subresource: "scale" },
    );
    expect(scale).toMatchObject({ kind: "Scale", spec: { replicas: 4 }, status: { selector: "app=web" } });
    expect(store.get(RESOURCES.deployments, "shop", "web")).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 4 } });
  });
});

describe("deletion", () => {
  it("waits for finalizers, refuses new ones, and ends with the last", () => {
    const { store, advance } = createWorld();
    store.create(CONFIG_MAPS, "shop", configMap("a", { finalizers: ["x.dev/a", "x.dev/b"] }));
    advance(5000);
    const { object, gone } = store.delete(CONFIG_MAPS, "shop", "a");
    expect([gone, object.metadata.deletionTimestamp]).toEqual([false, "2026-11-25T09:00:05Z"]);
    const set = (finalizers: string[]) => store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { metadata: { finalizers } } });
    expect(refusal(() => set(["x.dev/a", "x.dev/b", "x.dev/c"]))).toMatchObject({ code: 422 });
    set(["x.dev/b"]);
    expect(store.find(CONFIG_MAPS, "shop", "a")?.metadata.finalizers).toEqual(["x.dev/b"]);
    set([]);
    expect(store.find(CONFIG_MAPS, "shop", "a")).toBeUndefined();
  });

  it.each([
    ["uid", { uid: "other" }],
    ["resourceVersion", { resourceVersion: "1" }],
  ])("a wrong %s deletes nothing", (_, options) => {
    const { store } = createWorld();
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    expect(refusal(() => store.delete(CONFIG_MAPS, "shop", "a", options))).toMatchObject({ code: 409, reason: "Conflict" });
    expect(store.find(CONFIG_MAPS, "shop", "a")).toBeDefined();
  });

  it("gives a pod on a node its grace, and tells grace 0 before it is gone", () => {
    const { store } = createWorld();
    store.create(RESOURCES.pods, "shop", pod("p", { nodeName: "n1" }));
    const changes: Change[] = [];
    store.subscribe((change) => changes.push(change));
    store.delete(RESOURCES.pods, "shop", "p");
    store.delete(RESOURCES.pods, "shop", "p");
    expect(store.get(RESOURCES.pods, "shop", "p").metadata).toMatchObject({ deletionTimestamp: "2026-11-25T09:00:30Z", generation: 2 });
    store.delete(RESOURCES.pods, "shop", "p", { gracePeriodSeconds: 0 });
    const told = changes.map(({ type, object }) => [type, object.metadata.deletionTimestamp]);
    expect(told).toEqual([
      ["MODIFIED", "2026-11-25T09:00:30Z"],
      ["MODIFIED", "2026-11-25T09:00:00Z"],
      ["DELETED", "2026-11-25T09:00:00Z"],
    ]);
  });

  it("takes a pod that runs nowhere at once", () => {
    const { store } = createWorld();
    store.create(RESOURCES.pods, "shop", pod("p"));
    expect(store.delete(RESOURCES.pods, "shop", "p").gone).toBe(true);
  });
});

describe("changes", () => {
  it("reach every listener in the order of their versions, also those that a listener makes", () => {
    const { store } = createWorld();
    const seen: number[][] = [[], []];
    store.subscribe((change) => {
      seen[0]?.push(change.resourceVersion);
      if (change.object.metadata.name === "a") {
        store.create(CONFIG_MAPS, "shop", configMap("b"));
      }
    });
    store.subscribe((change) => seen[1]?.push(change.resourceVersion));
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    const newest = store.resourceVersion();
    expect(seen).toEqual([
      [newest - 1, newest],
      [newest - 1, newest],
    ]);
  });

  it("can be asked for later, until they are forgotten", () => {
    const { store } = createWorld({ historyLimit: 3 });
    const start = store.resourceVersion();
    for (const name of ["a", "b", "c"]) {
      store.create(CONFIG_MAPS, "shop", configMap(name));
    }
    expect(store.changesSince(start + 1).map(({ object }) => object.metadata.name)).toEqual(["b", "c"]);
    for (let index = 0; index < 20; index += 1) {
      store.patch(CONFIG_MAPS, "shop", "a", { type: "merge", body: { data: { k: String(index) } } });
    }
    expect(refusal(() => store.changesSince(start))).toMatchObject({ code: 410, reason: "Expired" });
    expect(store.changesSince(store.resourceVersion() - 3)).toHaveLength(3);
  });

  it("are undone by a list of an earlier version", () => {
    const { store } = createWorld();
    store.create(CONFIG_MAPS, "shop", configMap("kept", {}, { k: "1" }));
    store.create(CONFIG_MAPS, "shop", configMap("gone"));
    const then = store.resourceVersion();
    const before = store.list(CONFIG_MAPS).items;
    store.delete(CONFIG_MAPS, "shop", "gone");
    store.patch(CONFIG_MAPS, "shop", "kept", { type: "merge", body: { data: { k: "2" } } });
    store.create(CONFIG_MAPS, "default", configMap("new"));
    expect(store.list(CONFIG_MAPS, { at: then })).toEqual({ resourceVersion: String(then), items: before });
  });
});

describe("lists", () => {
  const listed = (options: object) => {
    const { store } = createWorld();
    store.create(CONFIG_MAPS, "shop", configMap("b", { labels: { app: "web", tier: "front" } }));
    store.create(CONFIG_MAPS, "shop", configMap("a", { labels: { app: "web" } }));
    store.create(CONFIG_MAPS, "default", configMap("c", { labels: { app: "db" } }));
    return store.list(CONFIG_MAPS, options).items.map(({ metadata }) => metadata.name);
  };
  it.each([
    ["by namespace and name", {}, ["c", "a", "b"]],
    ["of one namespace", { namespace: "shop" }, ["a", "b"]],
    ["app=web", { labelSelector: "app=web" }, ["a", "b"]],
    ["app!=web", { labelSelector: "app!=web" }, ["c"]],
    ["app in (web,db),!tier", { labelSelector: "app in (web, db),!tier" }, ["c", "a"]],
    ["app notin (web)", { labelSelector: "app notin (web)" }, ["c"]],
    ["tier", { labelSelector: "tier" }, ["b"]],
    [
      "a workload's selector",
      { labelSelector: { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "Exists" }] } },
      ["b"],
    ],
    ["metadata.name=a", { fieldSelector: "metadata.name=a" }, ["a"]],
    ["metadata.namespace!=shop", { fieldSelector: "metadata.namespace!=shop" }, ["c"]],
  ])("%s", (_, options, names) => {
    expect(listed(options)).toEqual(names);
  });

  it.each([
    ["labelSelector", { labelSelector: "a b" }],
    ["fieldSelector", { fieldSelector: "spec.nope=1" }],
  ])("refuses a bad %s", (_, options) => {
    expect(refusal(() => listed(options))).toMatchObject({ code: 400 });
  });
});

describe("metadata", () => {
  const create = (metadata: object) => () => {
    const { store } = createWorld();
    store.create(CONFIG_MAPS, "shop", { ...configMap("a"), metadata } as KubeObject);
  };
  it.each([
    ["a name in capitals", { name: "A" }, "metadata.name"],
    ["no name", {}, "metadata.name"],
    ["a label value of 64 characters", { name: "a", labels: { k: "x".repeat(64) } }, "metadata.labels"],
    ["a label value with a space", { name: "a", labels: { k: "x y" } }, "metadata.labels"],
    ["a label key with two slashes", { name: "a", labels: { "a/b/c": "x" } }, "metadata.labels"],
    ["an annotation that is no text", { name: "a", annotations: { k: 1 } }, "metadata.annotations"],
    ["256 KiB of annotations", { name: "a", annotations: { k: "x".repeat(262_144) } }, "metadata.annotations"],
    [
      "an owner without a uid",
      { name: "a", ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p" }] },
      "metadata.ownerReferences[0].uid",
    ],
    [
      "two controllers",
      { name: "a", ownerReferences: ["1", "2"].map((uid) => ({ apiVersion: "v1", kind: "Pod", name: uid, uid, controller: true })) },
      "metadata.ownerReferences",
    ],
  ])("%s is refused with its field", (_, metadata, field) => {
    expect(refusal(create(metadata))).toMatchObject({ code: 422, details: { causes: [{ field }] } });
  });

  it("refuses what goes into a namespace that is not there, or that ends", () => {
    const { store } = createWorld();
    expect(refusal(() => store.create(CONFIG_MAPS, "nowhere", configMap("a")))).toMatchObject({ code: 404 });
    store.create(CONFIG_MAPS, "shop", configMap("a"));
    store.delete({ group: "", version: "v1", plural: "namespaces", kind: "Namespace" }, "", "shop");
    expect(refusal(() => store.create(CONFIG_MAPS, "shop", configMap("b")))).toMatchObject({ code: 403 });
  });

  it("a dry run answers and keeps nothing", () => {
    const { store } = createWorld();
    const version = store.resourceVersion();
    expect(store.create(CONFIG_MAPS, "shop", configMap("a"), { dryRun: true }).metadata.uid).toBeDefined();
    expect([store.find(CONFIG_MAPS, "shop", "a"), store.resourceVersion()]).toEqual([undefined, version]);
  });
});
