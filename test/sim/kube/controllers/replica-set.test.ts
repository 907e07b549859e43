/** ReplicaSets: whose pods are whose, which go first, and when one counts as available. */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../../src/domain/kube.ts";
import type { LivePod } from "../../../../src/sim/kube/controllers/index.ts";
import { deleteOrder } from "../../../../src/sim/kube/controllers/replica-set/delete-order.ts";
import { createWorld } from "./support/world.ts";

function set(replicas: number, spec: object = {}): KubeObject {
  const template = { metadata: { labels: { app: "web" } }, spec: { nodeName: "n1", containers: [{ name: "a", image: "a:1" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web" },
    spec: { replicas, selector: { matchLabels: { app: "web" } }, template, ...spec },
  };
}

function pod(name: string, labels: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec: { nodeName: "n1", containers: [{ name: "a", image: "a:1" }] } };
}

describe("claims", () => {
  test("an orphan that matches is adopted and counts; one that stops matching is let go and replaced", () => {
    const world = createWorld();
    world.create(pod("mine", { app: "web" }));
    world.create(pod("other", { app: "else" }));
    world.create(set(2));
    world.run(3000);
    expect(world.pods()).toHaveLength(3);
    const mine = () => world.pods().find(({ metadata }) => metadata.name === "mine");
    expect(mine()?.metadata.ownerReferences).toMatchObject([
      { kind: "ReplicaSet", name: "web", controller: true, blockOwnerDeletion: true },
    ]);
    world.merge("pods", "mine", { metadata: { labels: { app: "debug" } } });
    world.run(3000);
    expect(mine()?.metadata.ownerReferences).toBeUndefined();
    expect(world.pods()).toHaveLength(4);
    expect(world.set("web").status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });

  test("pods of another controller are left alone, whatever their labels", () => {
    const world = createWorld();
    world.create(set(2));
    world.run(3000);
    world.create({ ...set(1), metadata: { name: "twin" } });
    world.run(3000);
    expect(world.pods()).toHaveLength(3);
    expect(world.set("web").status?.replicas).toBe(2);
    expect(world.set("twin").status?.replicas).toBe(1);
  });
});

test("a deleted pod is made again; one that has ended is replaced and kept", () => {
  const world = createWorld();
  world.create(set(2));
  world.run(3000);
  const [first, second] = world.pods();
  world.remove("pods", first?.metadata.name ?? "");
  world.store.patch(
    { group: "", version: "v1", plural: "pods", kind: "Pod" },
    "shop",
    second?.metadata.name ?? "",
    { type: "merge", body: { status: { phase: "Failed" } } },
    { subresource: "status" },
  );
  world.run(5000);
  const names = world.pods().map(({ metadata }) => metadata.name);
  expect(names).toHaveLength(3);
  expect(names).toContain(second?.metadata.name);
  expect(names).not.toContain(first?.metadata.name);
  expect(world.set("web").status).toMatchObject({ replicas: 2, readyReplicas: 2, terminatingReplicas: 0 });
});

test("with minReadySeconds a ready pod becomes available that much later, without any event", () => {
  const world = createWorld();
  world.create(set(2, { minReadySeconds: 30 }));
  world.run(5000);
  expect(world.set("web").status).toMatchObject({ readyReplicas: 2 });
  expect(world.set("web").status?.availableReplicas).toBeUndefined();
  world.run(30_000);
  expect(world.set("web").status).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
});

test("pods whose labels lack one of the template's are not fully labelled", () => {
  const world = createWorld();
  world.create(pod("old", { app: "web" }));
  const template = { metadata: { labels: { app: "web", tier: "front" } }, spec: { containers: [{ name: "a", image: "a:1" }] } };
  world.create(set(2, { template }));
  world.run(3000);
  expect(world.set("web").status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1 });
});

describe("who goes first", () => {
  const NOW = Date.UTC(2026, 0, 1, 12);
  const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

  interface Traits {
    readonly node?: string;
    readonly phase?: string;
    readonly readyFor?: number;
    readonly age?: number;
    readonly restarts?: number;
    readonly cost?: string;
    readonly uid?: string;
  }

  function made(name: string, { node = "n1", phase = "Running", readyFor, age = 1000, restarts = 0, cost, uid = name }: Traits): LivePod {
    const ready = readyFor === undefined ? { status: "False" as const } : { status: "True" as const, lastTransitionTime: ago(readyFor) };
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        uid,
        creationTimestamp: ago(age),
        ...(cost && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
      },
      spec: { ...(node && { nodeName: node }), containers: [{ name: "a" }] },
      status: { phase, conditions: [{ type: "Ready", ...ready }], containerStatuses: [{ name: "a", restartCount: restarts }] },
    };
  }

  test.each<[string, Traits, Traits]>([
    ["not placed before placed", { node: "", phase: "Pending" }, { phase: "Pending" }],
    ["pending before running", { phase: "Pending" }, { phase: "Running" }],
    ["not ready before ready", {}, { readyFor: 100 }],
    ["cheap before dear", { readyFor: 900, cost: "-5" }, { readyFor: 1, cost: "10" }],
    ["ready for a short time before ready for a long time", { readyFor: 10 }, { readyFor: 500 }],
    ["by uid where the times are of one power of two", { readyFor: 300, uid: "1" }, { readyFor: 310, uid: "2" }],
    ["restarted before not restarted", { readyFor: 100, restarts: 3 }, { readyFor: 100 }],
    ["young before old", { readyFor: 10, age: 20 }, { readyFor: 10, age: 900 }],
    ["not ready although placed long ago", { age: 5000 }, { readyFor: 1, age: 20 }],
  ])("%s", (_rule, first, last) => {
    const [a, b] = [made("a", first), made("b", last)];
    expect(deleteOrder([b, a], [a, b], NOW)).toEqual([a, b]);
    expect(deleteOrder([a, b], [a, b], NOW)).toEqual([a, b]);
  });

  test("crowded on a node before alone on it", () => {
    const pods = [
      made("a", { node: "n1", readyFor: 500 }),
      made("b", { node: "n1", readyFor: 500 }),
      made("c", { node: "n2", readyFor: 1 }),
    ];
    expect(deleteOrder(pods, pods, NOW).at(-1)?.metadata.name).toBe("c");
  });
});
