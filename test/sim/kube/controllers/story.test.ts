/**
 * A Deployment's life as three watches of a real API server told it (story.json), told again by the stand-in: created, a new image, paused, the
 * template and the size changed while paused, a foreign set created, sized and handed over, deleted. Every revision of every object is compared.
 */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../../../src/domain/kube.ts";
import { seededRandom } from "../../../../src/sim/kube/random.ts";
import { comparable, hashNames, type Revision, recorded } from "./support/recorded.ts";
import { createWorld, NAMESPACE, type World } from "./support/world.ts";

const exchanges = recorded("story");

function asked<T>(index: number): T {
  return structuredClone(exchanges[index]?.request.body) as T;
}

function scale(world: World, resource: "deployments" | "replicaSets", name: string, body: unknown): void {
  world.store.patch(RESOURCES[resource], NAMESPACE, name, { type: "merge", body }, { subresource: "scale" });
}

function live(world: World): void {
  world.create(asked(1));
  world.run(5000);
  world.merge("deployments", "st", asked(2));
  world.run(8000);
  world.merge("deployments", "st", asked(4));
  world.run(1000);
  world.merge("deployments", "st", asked(5));
  world.run(1000);
  scale(world, "deployments", "st", asked(6));
  world.run(2000);
  const trial = asked<{ apiVersion: string; kind: string; metadata: { name: string; ownerReferences: { uid: string }[] } }>(8);
  for (const owner of trial.metadata.ownerReferences) {
    owner.uid = world.deployment("st").metadata.uid ?? "";
  }
  world.create(trial as never);
  world.run(3000);
  scale(world, "replicaSets", "st-c0ffee", asked(9));
  world.run(4000);
  const [version, ...rest] = asked<object[]>(11);
  world.json("replicaSets", "st-c0ffee", [{ ...version, value: world.set("st-c0ffee").metadata.resourceVersion }, ...rest]);
  world.run(4000);
  world.remove("deployments", "st");
  world.run(4000);
}

function byObject(revisions: readonly Revision[], rename: (text: string) => string): Record<string, unknown[]> {
  const stories: Record<string, unknown[]> = {};
  for (const { type, object } of revisions) {
    const name = rename(object.metadata.name);
    stories[name] = [...(stories[name] ?? []), comparable({ type, object }, rename)];
  }
  return stories;
}

// The recording's timing, in the order of starts and stops: pods of one set become ready one by one; in the roll-out a pod is gone just after the next
// one was told to stop.
const READY_MS = [700, 720, 740, 700, 700, 700, 700, 700, 700, 720, 740];
const STOP_MS = [723, 723, 723, 600, 620, 640, 642, 600, 600, 600, 600];

const theirs = [14, 15, 16].flatMap((index) => exchanges[index]?.response.body as readonly Revision[]);
const theirNames = hashNames(theirs);

function told(revisions: readonly Revision[], kind: string): readonly Revision[] {
  return revisions.filter(({ object }) => object.kind === kind);
}

function lived(readyMs: () => number, stopMs: () => number): readonly Revision[] {
  const world = createWorld({ behaviourOf: () => ({ kind: "ready", afterMs: readyMs() }), stopMs });
  live(world);
  return world.changes.map(({ type, object }) => ({ type, object }));
}

describe("with the recording's timing", () => {
  const ours = lived(
    () => READY_MS.shift() ?? 0,
    () => STOP_MS.shift() ?? 0,
  );
  const ourNames = hashNames(ours);

  test.each(["ReplicaSet", "Deployment"])("every revision of every %s is the recorded one", (kind) => {
    expect(byObject(told(ours, kind), ourNames)).toEqual(byObject(told(theirs, kind), theirNames));
  });

  test("as many pods live each of the recorded lives", () => {
    expect(podLives(ours, ourNames)).toEqual(podLives(theirs, theirNames));
  });
});

test.each(range(1, 20))("with other timing (seed %i) sizes, annotations, owners and conditions go the recorded way", (seed) => {
  const random = seededRandom(seed);
  const ours = lived(
    () => 50 + 1500 * random(),
    () => 10 + 1500 * random(),
  );
  const ourNames = hashNames(ours);
  expect(outlines(ours, ourNames)).toEqual(outlines(theirs, theirNames));
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Whole pods but for their generated names, each with all its revisions; who is who doesn't matter. */
function podLives(revisions: readonly Revision[], rename: (text: string) => string): readonly string[] {
  const lives = Object.entries(byObject(told(revisions, "Pod"), rename));
  return lives.map(([name, life]) => JSON.stringify(sorted(life)).replaceAll(name, "pod")).sort();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}

/** What doesn't depend on how many changes of pods one look takes in. */
function outlines(revisions: readonly Revision[], rename: (text: string) => string): Record<string, unknown[]> {
  const stories: Record<string, unknown[]> = {};
  for (const { type, object } of [...told(revisions, "ReplicaSet"), ...told(revisions, "Deployment")]) {
    const { conditions } = (object["status"] ?? {}) as { conditions?: unknown };
    const { name, labels, annotations, ownerReferences, generation } = object.metadata;
    const state = comparable({ type, labels, annotations, ownerReferences, generation, spec: object["spec"], conditions }, rename);
    const story = stories[rename(name)] ?? [];
    if (JSON.stringify(story.at(-1)) !== JSON.stringify(state)) {
      stories[rename(name)] = [...story, state];
    }
  }
  return stories;
}
