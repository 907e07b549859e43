/** Rolling updates keep their promises for any size, limits and timing, with templates that change again while they roll. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { limitsOf } from "../../../../src/sim/kube/controllers/deployment/limits.ts";
import type { LivePod } from "../../../../src/sim/kube/controllers/index.ts";
import { seededRandom } from "../../../../src/sim/kube/random.ts";
import { createWorld, deployment, imageIs, type World } from "./support/world.ts";

const limit = fc.oneof(
  fc.nat(4),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

const scenario = fc.record({
  replicas: fc.integer({ min: 1, max: 9 }),
  maxSurge: limit,
  maxUnavailable: limit,
  minReadySeconds: fc.constantFrom(0, 0, 3),
  /** Milliseconds between changes of the template. */
  changes: fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 3 }),
  seed: fc.nat(),
});

/** Kubernetes refuses both limits at 0. */
function allowed({ maxSurge, maxUnavailable }: { maxSurge: number | string; maxUnavailable: number | string }): boolean {
  return Number.parseInt(String(maxSurge), 10) + Number.parseInt(String(maxUnavailable), 10) > 0;
}

function isAvailable(pod: LivePod): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
  return pod.metadata.deletionTimestamp === undefined && ready?.status === "True";
}

function watch(world: World, problems: string[], replicas: number, most: number, least: number): void {
  world.store.subscribe(({ resource }) => {
    if (resource.kind !== "Pod" && resource.kind !== "ReplicaSet") {
      return;
    }
    const asked = world.sets().reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
    const pods = world.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined).length;
    const available = world.pods().filter(isAvailable).length;
    if (asked > most || pods > most || available < least) {
      problems.push(`${asked} asked, ${pods} pods, ${available} available of ${replicas}`);
    }
  });
}

test("never more than the surge, never fewer than available, and an end", () => {
  fc.assert(
    fc.property(scenario.filter(allowed), ({ replicas, maxSurge, maxUnavailable, minReadySeconds, changes, seed }) => {
      const random = seededRandom(seed);
      const world = createWorld({
        seed,
        behaviourOf: () => ({ kind: "ready", afterMs: 3000 * random() }),
        stopMs: () => 3000 * random(),
      });
      const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
      world.create(deployment({ replicas, spec: { strategy, minReadySeconds } }));
      world.run(20_000);
      const limits = limitsOf(world.deployment("web"));
      const problems: string[] = [];
      watch(world, problems, replicas, replicas + limits.maxSurge, replicas - limits.maxUnavailable);
      for (const [index, ms] of changes.entries()) {
        world.merge("deployments", "web", imageIs(`a:${index + 2}`));
        world.run(ms);
      }
      world.run(200_000);
      expect(problems).toEqual([]);
      expect(world.deployment("web").status).toMatchObject({ replicas, updatedReplicas: replicas, availableReplicas: replicas });
      expect(world.pods().every((pod) => pod.spec.containers[0]?.image === `a:${changes.length + 1}`)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("the same seed tells the same story", () => {
  const story = () => {
    const random = seededRandom(7);
    const world = createWorld({ seed: 7, behaviourOf: () => ({ kind: "ready", afterMs: 2000 * random() }) });
    world.create(deployment({ replicas: 6 }));
    world.run(9000);
    world.merge("deployments", "web", imageIs("a:2"));
    world.run(60_000);
    return world.changes.map(({ type, object }) => `${type} ${object.kind} ${object.metadata.name} ${object.metadata.resourceVersion}`);
  };
  expect(story()).toEqual(story());
});
