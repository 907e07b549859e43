/** The CanaryRollout is deleted, in every state of a release: users keep the version that they have, and nothing is left. */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { atWeight, bad, leftovers, podUids, SPEC } from "./moments.ts";
import { adopted, deploymentOf, type Story, type StoryOptions } from "./story.ts";

const APPROVAL = { ...SPEC, strategy: { steps: [{ weight: 5, minDuration: "5s", approval: true }], bake: "10s" } };

/** Where a release stands when the rollout is deleted. */
const STATES: readonly (readonly [string, StoryOptions, (story: Story) => Promise<void>])[] = [
  ["before its first pod is ready", { spec: SPEC }, (story) => story.world.until("the trial", () => story.set("trial") !== undefined)],
  ["with a route and no weight", { spec: SPEC }, (story) => story.world.until("the route", () => story.weights() === "100/0")],
  ["under weight, unconfirmed", { spec: SPEC }, (story) => story.world.until("5 %", () => story.weights() === "95/5")],
  ["under analysis", { spec: SPEC }, (story) => analysing(story)],
  ["waiting for approval", { spec: APPROVAL }, (story) => story.phase("Paused")],
  ["in its bake", { spec: SPEC }, (story) => story.world.until("bake", () => story.weights() === "0/100")],
  ["just cut", { spec: SPEC, behaviourOf: bad }, (story) => story.phase("RollingBack")],
  ["rolled back", { spec: SPEC, behaviourOf: bad }, (story) => story.phase("RolledBack")],
  ["without metrics", { spec: SPEC }, (story) => withoutMetrics(story)],
];

async function analysing(story: Story): Promise<void> {
  await story.world.until("50 %", () => story.weights() === "50/50");
  await story.world.advance(6_000);
}

async function withoutMetrics(story: Story): Promise<void> {
  await story.world.until("5 %", () => story.weights() === "95/5");
  story.world.feed.disturbance.fault = { reason: "Unreachable", message: "Prometheus does not answer", since: story.world.clock.now() };
  await story.world.advance(5_000);
}

async function deleted(story: Story): Promise<void> {
  story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
  await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 180_000);
  await story.world.advance(60_000);
}

describe.each(STATES)("a release %s", (_, options, reach) => {
  test("users stay on stable, the Deployment stays frozen on it and says why", async () => {
    const story = await adopted({ replicas: 4, ...options });
    const pods = podUids(story, "checkout:1");
    story.push("checkout:2");
    await reach(story);
    await deleted(story);
    expect(leftovers(story)).toEqual([]);
    expect(podUids(story, "checkout:1")).toEqual(pods);
    expect(podUids(story, "checkout:2")).toEqual([]);
    const { metadata, spec } = deploymentOf(story);
    expect(spec.paused).toBe(true);
    expect(metadata.annotations?.["serin.dev/frozen"]).toContain("never released");
    expect(metadata.annotations).not.toHaveProperty("serin.dev/rollout");
    expect(metadata.annotations).not.toHaveProperty("serin.dev/release");
    expect(spec.progressDeadlineSeconds).toBe(600);
    expect(story.events()).toContain("StaysFrozen Deployment");
  });
});

test("requests on their way are answered: the trial's pods go ten seconds after its weight", async () => {
  const story = await atWeight("50/50");
  story.lines.length = 0;
  await deleted(story);
  const at = (text: string) => Number.parseFloat(story.lines.find((line) => line.includes(text)) ?? "");
  expect(at("the trial is over") - at("now 100/0")).toBeGreaterThanOrEqual(10);
});

describe("nothing is untried", () => {
  test("idle: the Deployment rolls by itself again, as it was before", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    await deleted(story);
    expect(deploymentOf(story).spec.paused ?? false).toBe(false);
    expect(deploymentOf(story).spec.progressDeadlineSeconds).toBe(600);
    expect(Object.keys(deploymentOf(story).metadata.annotations ?? {}).filter((name) => name.startsWith("serin.dev/"))).toEqual([]);
  });

  test("the template is stable's again in the middle of a release", async () => {
    const story = await atWeight("50/50");
    story.push("checkout:1");
    await deleted(story);
    expect(leftovers(story)).toEqual([]);
    expect(deploymentOf(story).spec.paused ?? false).toBe(false);
    expect(podUids(story, "checkout:1")).toHaveLength(4);
  });

  test("after the hand-over: it is finished forward, then given back", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    const handed = new Promise<void>((resolve) => {
      story.world.store.subscribe(({ resource, object }) => {
        const isSet =
          resource.plural === "replicasets" && object.metadata.labels?.["pod-template-hash"] === story.status().canary?.revision;
        if (isSet && object.metadata.labels?.["app"] === "checkout") resolve();
      });
    });
    story.push("checkout:2");
    void handed.then(() => story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout"));
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 600_000);
    await story.world.advance(30_000);
    expect(leftovers(story)).toEqual([]);
    expect(podUids(story, "checkout:2")).toHaveLength(4);
    expect(podUids(story, "checkout:1")).toEqual([]);
    expect(deploymentOf(story).spec.paused ?? false).toBe(false);
  });
});

test("deletionPolicy Resume: Kubernetes rolls out whatever the spec says", async () => {
  const story = await atWeight("50/50", { spec: { ...SPEC, deletionPolicy: "Resume" } });
  await deleted(story);
  expect(leftovers(story)).toEqual([]);
  expect(deploymentOf(story).spec.paused ?? false).toBe(false);
  expect(podUids(story, "checkout:2")).toHaveLength(4);
  expect(story.events()).not.toContain("StaysFrozen Deployment");
});

test("a rollout that was deleted after a rollback and made anew: the rejected template is the next release, and the freeze ends well", async () => {
  const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: bad });
  story.push("checkout:2");
  await story.phase("RolledBack");
  const { metadata, spec } = story.world.rollout();
  await deleted(story);
  story.world.store.create(RESOURCES.canaryRollouts, NAMESPACE, {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: metadata.name, namespace: NAMESPACE },
    spec,
  } as never);
  await story.world.until("tried again", () => story.weights() === "95/5", 180_000);
  story.push("checkout:1");
  await story.phase("Ready", 180_000);
  expect(deploymentOf(story).metadata.annotations).not.toHaveProperty("serin.dev/frozen");
  await deleted(story);
  expect(deploymentOf(story).spec.paused ?? false).toBe(false);
});
