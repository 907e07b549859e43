/** Admission of somebody else's between Serin and the sets that it makes; and pods that an autoscaler counts and nobody can use. */
import { expect, test } from "vitest";
import { type KubeObject, RESOURCES, type ReplicaSet, type Verbs } from "../../src/domain/kube.ts";
import { condition, podUids, SPEC } from "./moments.ts";
import { adopted, type Story } from "./story.ts";

/** A webhook that pins images by digest in every ReplicaSet, and in nothing else. */
function digests(isExempt: () => boolean): (verbs: Verbs) => Verbs {
  const pinned = (set: ReplicaSet): KubeObject => {
    const containers = set.spec.template.spec.containers.map((one) => ({ ...one, image: `${one.image}@sha256:00` }));
    return { ...set, spec: { ...set.spec, template: { ...set.spec.template, spec: { ...set.spec.template.spec, containers } } } };
  };
  return (verbs) => ({
    ...verbs,
    create: (resource, object, signal) =>
      verbs.create(resource, resource.kind === "ReplicaSet" && !isExempt() ? pinned(object as ReplicaSet) : object, signal),
  });
}

const startedPods = (story: Story) => {
  const seen = new Set<string>();
  story.world.store.subscribe(({ resource, type, object }) => {
    if (resource.plural === "pods" && type === "ADDED") seen.add(object.metadata.uid ?? "");
  });
  return seen;
};

test("12: admission rewrites ReplicaSets: named with the path before any weight, looked at again once a minute, and tried when it may be", async () => {
  let exempt = false;
  const story = await adopted({ spec: SPEC, replicas: 4, through: digests(() => exempt) });
  const stable = podUids(story, "checkout:1");
  const started = startedPods(story);
  story.push("checkout:2");
  await story.phase("Stalled");
  expect(condition(story, "Stalled")).toMatchObject({
    reason: "TrialTemplateChanged",
    message: expect.stringContaining("spec.containers[0].image"),
  });

  await story.world.advance(1_800_000);
  expect(story.weights()).toBe("no route");
  expect(podUids(story, "checkout:1")).toEqual(stable);
  expect(story.set("trial")?.spec.replicas).toBe(0);
  expect(started.size).toBeLessThanOrEqual(1);
  const { replicasets = 0, status = 0, events = 0 } = story.count();
  expect(replicasets).toBeLessThanOrEqual(2 + 2 * 30);
  expect(status).toBeLessThanOrEqual(5);
  expect(events).toBeLessThanOrEqual(5);

  exempt = true;
  await story.outcome("Promoted");
  expect(story.status().stable?.images).toEqual(["checkout:2"]);
  expect(story.broken).toEqual([]);
});

test("13: pods of the canary that never become ready: one at a time, and what an autoscaler asks for goes to stable", async () => {
  const story = await adopted({
    spec: SPEC,
    replicas: 4,
    podBehaviourOf: (pod) =>
      pod.spec.containers[0]?.image === "checkout:2" ? { kind: "crashLoop", runsMs: 3_000, exitCode: 1 } : { kind: "ready", afterMs: 500 },
  });
  story.push("checkout:2");
  await story.world.until("on trial", () => story.set("trial")?.spec.replicas === 1);
  story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 7 } });
  await story.world.until("stable follows", () => podUids(story, "checkout:1").length === 7, 30_000);
  expect(podUids(story, "checkout:2")).toHaveLength(1);
  expect(story.weights()).toBe("no route");
  await story.outcome("RolledBack", 900_000);
  expect(podUids(story, "checkout:1")).toHaveLength(7);
});
