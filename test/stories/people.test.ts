/** What people do to a release, beyond the rows of the list of scars. */
import { expect, test } from "vitest";
import { RESOURCES, type ReplicaSet } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { atWeight, SPEC } from "./moments.ts";
import { adopted, deploymentOf } from "./story.ts";

test("somebody resumes the Deployment mid-release: frozen again, Kubernetes' own set goes, the old one is whole", async () => {
  const story = await atWeight("95/5");
  story.patch(RESOURCES.deployments, "checkout", { spec: { paused: false } });
  await story.world.advance(30_000);
  expect(deploymentOf(story).spec.paused).toBe(true);
  const sets = story.world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  expect(sets.filter((set) => (set.spec.replicas ?? 0) > 0)).toHaveLength(2);
  expect(story.set(story.status().stable?.podTemplateHash ?? "")?.spec.replicas).toBe(4);
  await story.outcome("Promoted");
});

test("a finalizer that somebody took off comes back", async () => {
  const story = await adopted({ spec: SPEC, replicas: 4 });
  story.patch(RESOURCES.canaryRollouts, "checkout", { metadata: { finalizers: null } });
  await story.world.advance(5_000);
  expect(story.world.rollout().metadata.finalizers).toEqual(["serin.dev/restore"]);
});

test("hands off: nothing is written to the target, also when the rollout is deleted", async () => {
  const story = await atWeight("95/5");
  story.patch(RESOURCES.deployments, "checkout", { metadata: { annotations: { "serin.dev/hands-off": "night shift" } } });
  await story.phase("Paused");
  story.count();
  story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
  await story.world.advance(30_000);
  expect(story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout")).toBeUndefined();
  const { status: _status, canaryrollouts: _finalizer, events: _events, ...others } = story.count();
  expect(others).toEqual({});
});
