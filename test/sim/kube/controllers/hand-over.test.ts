/** What a release of Serin meets: a paused Deployment, a trial set beside it, and the ways in which the two can go wrong. */
import { describe, expect, test } from "vitest";
import type { LiveSet } from "../../../../src/sim/kube/controllers/index.ts";
import { createWorld, deployment, handOver, imageIs, trialOf, type World } from "./support/world.ts";

const TRIAL = "c0ffee";

function stableOf(world: World): LiveSet {
  const [stable] = world.sets();
  if (stable === undefined) {
    throw new Error("no stable set");
  }
  return stable;
}

/** Runs v1, frozen, with v2 in Git and a trial of it at the same size. */
function tried(replicas: number): { readonly world: World; readonly stable: string; readonly trial: string } {
  const world = createWorld();
  world.create(deployment({ replicas }));
  world.run(3000);
  const stable = stableOf(world).metadata.name;
  world.merge("deployments", "web", { spec: { paused: true } });
  world.merge("deployments", "web", imageIs("a:2"));
  world.run(1000);
  const trial = world.create(trialOf(world.deployment("web"), TRIAL, replicas)).metadata.name;
  world.run(3000);
  return { world, stable, trial };
}

function sizes(world: World): Record<string, number | undefined> {
  return Object.fromEntries(world.sets().map((set) => [set.metadata.name, set.spec.replicas]));
}

function podsOf(world: World, set: string): readonly string[] {
  return world
    .pods()
    .filter((pod) => pod.metadata.ownerReferences?.[0]?.name === set)
    .map((pod) => pod.metadata.uid ?? "");
}

/** Sizes that a set ever had, in order. */
function sizesSeen(world: World, name: string): readonly number[] {
  const seen = world.changes
    .filter(({ object }) => object.kind === "ReplicaSet" && object.metadata.name === name)
    .map(({ object }) => (object as LiveSet).spec.replicas ?? 0);
  return seen.filter((size, index) => size !== seen[index - 1]);
}

describe("a paused Deployment", () => {
  test("makes no set for a new template, and keeps the pods that run", () => {
    const world = createWorld();
    world.create(deployment());
    world.run(3000);
    const before = world.pods().map((pod) => pod.metadata.uid);
    world.merge("deployments", "web", { spec: { paused: true } });
    world.merge("deployments", "web", imageIs("a:2"));
    world.run(60_000);
    expect(world.sets()).toHaveLength(1);
    expect(world.pods().map((pod) => pod.metadata.uid)).toEqual(before);
  });

  test("follows a change of size with the one set that runs, the trial beside it untouched", () => {
    const { world, stable, trial } = tried(4);
    world.merge("deployments", "web", { spec: { replicas: 7 } });
    world.run(3000);
    expect(sizes(world)).toEqual({ [stable]: 7, [trial]: 4 });
  });

  test("never makes a deleted stable set again", () => {
    const { world, stable, trial } = tried(3);
    world.remove("replicaSets", stable);
    world.run(120_000);
    expect(sizes(world)).toEqual({ [trial]: 3 });
    expect(world.deployment("web").status?.replicas).toBeUndefined();
  });

  test("adopts a stable set that is put back, and sizes it", () => {
    const { world, stable } = tried(3);
    const { metadata, spec, apiVersion, kind } = world.set(stable);
    world.remove("replicaSets", stable);
    world.run(3000);
    const template = { ...spec.template, metadata: spec.template.metadata };
    world.create({ apiVersion, kind, metadata: { name: stable, labels: metadata.labels ?? {} }, spec: { ...spec, replicas: 0, template } });
    world.run(3000);
    expect(world.set(stable).spec.replicas).toBe(3);
    expect(world.set(stable).metadata.ownerReferences).toMatchObject([{ name: "web", controller: true }]);
    expect(podsOf(world, stable)).toHaveLength(3);
  });
});

describe("the hand-over", () => {
  test.each([3, 10, 12])("of %i pods keeps every tried pod, never shrinks the trial, and empties the old set", (size) => {
    const { world, stable, trial } = tried(size);
    const pods = podsOf(world, trial);
    world.json("replicaSets", trial, handOver(world.set(trial), size, size + Math.ceil(size / 4)));
    world.run(5000);
    expect(sizes(world)).toEqual({ [stable]: 0, [trial]: size });
    expect(sizesSeen(world, trial)).toEqual([size]);
    expect(podsOf(world, trial)).toEqual(pods);
    expect(podsOf(world, stable)).toEqual([]);
  });

  test("works with Recreate too", () => {
    const world = createWorld();
    world.create(deployment({ replicas: 4, spec: { strategy: { type: "Recreate" } } }));
    world.run(3000);
    const stable = stableOf(world).metadata.name;
    world.merge("deployments", "web", { spec: { paused: true, ...(imageIs("a:2") as { spec: object }).spec } });
    const trial = world.create(trialOf(world.deployment("web"), TRIAL, 4)).metadata.name;
    world.run(3000);
    const pods = podsOf(world, trial);
    world.json("replicaSets", trial, handOver(world.set(trial), 4, 4));
    world.run(5000);
    expect(sizes(world)).toEqual({ [stable]: 0, [trial]: 4 });
    expect(podsOf(world, trial)).toEqual(pods);
  });

  test("then unpausing changes nothing", () => {
    const { world, stable, trial } = tried(5);
    const pods = podsOf(world, trial);
    world.json("replicaSets", trial, handOver(world.set(trial), 5, 7));
    world.run(3000);
    world.merge("deployments", "web", { spec: { paused: false } });
    world.run(5000);
    expect(sizes(world)).toEqual({ [stable]: 0, [trial]: 5 });
    expect(podsOf(world, trial)).toEqual(pods);
  });

  test("after the size went up in between, grows the trial and loses no tried pod", () => {
    const { world, stable, trial } = tried(6);
    const pods = podsOf(world, trial);
    const patch = handOver(world.set(trial), 6, 8);
    world.merge("deployments", "web", { spec: { replicas: 8 } });
    world.json("replicaSets", trial, patch);
    world.run(5000);
    expect(podsOf(world, trial)).toEqual(expect.arrayContaining([...pods]));
    expect(sizesSeen(world, trial).every((size, index, all) => index === 0 || size > (all[index - 1] ?? 0))).toBe(true);
    expect(sizes(world)).toEqual({ [stable]: 0, [trial]: 8 });
  });

  test("after the size went down from 12 to 11 in between, cuts the trial to 3; setting it to 11 settles", () => {
    const { world, stable, trial } = tried(12);
    const patch = handOver(world.set(trial), 12, 15);
    world.merge("deployments", "web", { spec: { replicas: 11 } });
    world.run(100);
    world.json("replicaSets", trial, patch);
    world.run(3000);
    expect(sizes(world)).toEqual({ [stable]: 11, [trial]: 3 });
    world.merge("replicaSets", trial, { spec: { replicas: 11 } });
    world.run(5000);
    expect(sizes(world)).toEqual({ [stable]: 0, [trial]: 11 });
    expect(podsOf(world, trial)).toHaveLength(11);
  });
});

test("a trial that is not all there doesn't end the old set", () => {
  const world = createWorld({
    behaviourOf: (pod) => (pod.spec.containers[0]?.image === "a:2" ? { kind: "neverReady" } : { kind: "ready", afterMs: 500 }),
  });
  world.create(deployment({ replicas: 4 }));
  world.run(3000);
  const stable = stableOf(world).metadata.name;
  world.merge("deployments", "web", { spec: { paused: true, ...(imageIs("a:2") as { spec: object }).spec } });
  const trial = world.create(trialOf(world.deployment("web"), TRIAL, 4)).metadata.name;
  world.run(3000);
  world.json("replicaSets", trial, handOver(world.set(trial), 4, 5));
  world.run(30_000);
  expect(sizes(world)[stable]).toBeGreaterThan(0);
  expect((sizes(world)[stable] ?? 0) + (sizes(world)[trial] ?? 0)).toBe(5);
});

describe("v1, v2, and v1 again", () => {
  /** v1's first set is empty history by now, and is the oldest of v1's template. */
  function reverted(): { readonly world: World; readonly twin: string; readonly trial: string } {
    const world = createWorld();
    world.create(deployment({ replicas: 4 }));
    world.run(3000);
    const twin = stableOf(world).metadata.name;
    world.merge("deployments", "web", imageIs("a:2"));
    world.run(30_000);
    world.merge("deployments", "web", { spec: { paused: true } });
    world.merge("deployments", "web", imageIs("a:1"));
    const trial = world.create(trialOf(world.deployment("web"), TRIAL, 4)).metadata.name;
    world.run(3000);
    return { world, twin, trial };
  }

  test("the oldest equal set wins, and unpausing kills the tried pods", () => {
    const { world, twin, trial } = reverted();
    const pods = podsOf(world, trial);
    world.json("replicaSets", trial, handOver(world.set(trial), 4, 5));
    world.run(3000);
    world.merge("deployments", "web", { spec: { paused: false } });
    world.run(30_000);
    expect(sizes(world)).toMatchObject({ [twin]: 4, [trial]: 0 });
    expect(world.pods().filter((pod) => pods.includes(pod.metadata.uid ?? ""))).toEqual([]);
  });

  test("with the empty twin deleted first, the tried pods stay", () => {
    const { world, twin, trial } = reverted();
    const pods = podsOf(world, trial);
    world.remove("replicaSets", twin);
    world.json("replicaSets", trial, handOver(world.set(trial), 4, 5));
    world.run(3000);
    world.merge("deployments", "web", { spec: { paused: false } });
    world.run(30_000);
    expect(sizes(world)).toMatchObject({ [trial]: 4 });
    expect(podsOf(world, trial)).toEqual(pods);
  });
});

test("unpausing in the middle of a release makes a set of Kubernetes' own, and the trial stays out of it", () => {
  const { world, stable, trial } = tried(3);
  world.merge("deployments", "web", { spec: { paused: false } });
  world.run(30_000);
  const own = world.sets().find((set) => ![stable, trial].includes(set.metadata.name));
  expect(own?.spec.template.spec.containers[0]?.image).toBe("a:2");
  expect(sizes(world)).toEqual({ [stable]: 0, [trial]: 3, [own?.metadata.name ?? ""]: 3 });
});

test("a set that no longer matches the selector is let go, and its pods live on", () => {
  const world = createWorld();
  world.create(deployment());
  world.run(3000);
  const { name } = stableOf(world).metadata;
  world.merge("replicaSets", name, { metadata: { labels: { app: "other" } } });
  world.run(5000);
  expect(world.set(name).metadata.ownerReferences).toBeUndefined();
  expect(podsOf(world, name)).toHaveLength(3);
});
