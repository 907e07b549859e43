/** Freeze on change: what the API server's policies and Serin do together, and where one of them is missing. */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { undo } from "../../src/sim/histories/undo.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { eject, stopController } from "../cli/eject/support.ts";
import { bad, condition, leftovers, podUids, SPEC, setsOf } from "./moments.ts";
import { adopted, deploymentOf, type Story, tell } from "./story.ts";

/** In force, until a story takes it away. */
function policy(inForce = true) {
  const state = { inForce };
  return { state, freezesOnChange: () => state.inForce };
}

const marks = (story: Story) => deploymentOf(story).metadata.annotations ?? {};
const ours = (story: Story) =>
  Object.keys(marks(story))
    .filter((name) => name.startsWith("serin.dev/"))
    .sort();
const resume = (story: Story) => story.patch(RESOURCES.deployments, "checkout", { spec: { paused: null } });

test("at rest it is an ordinary Deployment: not paused, its own deadline, one mark; a change is frozen in the same write", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  expect(deploymentOf(story).spec).toMatchObject({ progressDeadlineSeconds: 600 });
  expect(deploymentOf(story).spec.paused).toBeUndefined();
  expect(ours(story)).toEqual(["serin.dev/rollout"]);
  story.world.kill();
  story.push("checkout:2");
  expect(deploymentOf(story).spec.paused).toBe(true);
  await story.world.advance(600_000);
  expect(podUids(story, "checkout:2")).toEqual([]);
  story.world.start();
  await story.outcome("Promoted");
  await story.world.advance(10_000);
  expect(deploymentOf(story).spec.paused).toBeUndefined();
  expect(ours(story)).toEqual(["serin.dev/rollout"]);
});

test("scaled, it is not frozen; a template that came and went while nobody looked is thawed", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 6 } });
  await story.world.until("six", () => podUids(story, "checkout:1").length === 6, 10_000);
  expect(deploymentOf(story).spec.paused).toBeUndefined();
  story.world.kill();
  story.push("checkout:2");
  story.push("checkout:1");
  expect(deploymentOf(story).spec.paused).toBe(true);
  story.world.start();
  await story.world.until("thawed", () => deploymentOf(story).spec.paused === undefined, 10_000);
  expect(podUids(story, "checkout:1")).toHaveLength(6);
});

test("a pause of the user's own, between releases, is nobody's business until the next release", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  story.patch(RESOURCES.deployments, "checkout", { spec: { paused: true } });
  await story.world.advance(60_000);
  expect(deploymentOf(story).spec.paused).toBe(true);
  expect(story.status().phase).toBe("Ready");
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.world.until("thawed", () => deploymentOf(story).spec.paused === undefined, 10_000);
});

test("resumed after a rollback while no controller runs: kept paused, nothing untried ships, and whoever it was is told", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4, behaviourOf: bad });
  story.push("checkout:2");
  await story.phase("RolledBack");
  story.world.kill();
  story.world.store.patch(
    RESOURCES.deployments,
    NAMESPACE,
    "checkout",
    { type: "merge", body: { spec: { paused: null } } },
    { fieldManager: "kubectl-rollout" },
  );
  await story.world.advance(120_000);
  expect(deploymentOf(story).spec.paused).toBe(true);
  expect(podUids(story, "checkout:2")).toEqual([]);
  story.world.start();
  await story.world.until("the mark is off", () => marks(story)["serin.dev/resume-refused"] === undefined, 10_000);
  expect(story.status()).toMatchObject({ phase: "RolledBack", refused: { by: "kubectl-rollout" } });
  expect(story.events()).toEqual(expect.arrayContaining(["ResumeRefused CanaryRollout", "ResumeRefused Deployment"]));
});

test("resumed again and again mid-release: no conflict, since nothing is lost, and the release goes on", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  story.push("checkout:2");
  await story.world.until("half", () => story.weights() === "50/50");
  for (let times = 0; times < 5; times += 1) {
    resume(story);
    await story.world.advance(2_000);
    expect(deploymentOf(story).spec.paused).toBe(true);
  }
  await story.outcome("Promoted");
  expect(condition(story, "GitOpsConflict")?.status ?? "False").toBe("False");
  expect(story.events()).not.toContain("Refrozen Deployment");
});

test("a tool replaces the whole object mid-release, marks and pause dropped: paused all along, and the marks come back", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  story.push("checkout:2");
  await story.world.until("half", () => story.weights() === "50/50");
  const { metadata, spec } = deploymentOf(story);
  story.world.store.replace(RESOURCES.deployments, NAMESPACE, "checkout", {
    ...deploymentOf(story),
    metadata: { ...metadata, annotations: {} },
    spec: { ...spec, paused: false },
  } as never);
  expect(deploymentOf(story).spec.paused).toBe(true);
  await story.outcome("Promoted");
  expect(marks(story)["serin.dev/rollout"]).toContain("checkout/");
});

test("marks of an older release come back with an undo: recognised by their revision, and the undo is a release", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.phase("Ready");
  const { uid } = deploymentOf(story).metadata;
  story.patch(RESOURCES.deployments, "checkout", {
    metadata: { annotations: { "serin.dev/release": `${uid}/4444444444`, "serin.dev/rollout": null } },
    spec: { template: { spec: { containers: [{ name: "app", image: "checkout:1", ports: [{ name: "http", containerPort: 8080 }] }] } } },
  });
  expect(deploymentOf(story).spec.paused).toBe(true);
  await story.world.until("its own mark", () => marks(story)["serin.dev/release"] === `${uid}/${story.status().canary?.revision}`, 60_000);
  await story.world.until(
    "promoted",
    () => story.status().stable?.images?.[0] === "checkout:1" && story.status().phase === "Ready",
    1_200_000,
  );
  expect(marks(story)["serin.dev/rollout"]).toContain("checkout/");
  expect(marks(story)["serin.dev/release"]).toBeUndefined();
});

test("the policy goes: frozen always, at once; it comes back: an ordinary Deployment again", async () => {
  const { state, freezesOnChange } = policy();
  const story = await adopted({ freezesOnChange, spec: SPEC, replicas: 4 });
  const look = () => story.patch(RESOURCES.deployments, "checkout", { metadata: { labels: { looked: String(story.world.clock.now()) } } });
  state.inForce = false;
  look();
  await story.world.until("frozen", () => deploymentOf(story).spec.paused === true, 5_000);
  expect(story.status().reverts).toBeUndefined();
  state.inForce = true;
  look();
  await story.world.until("thawed", () => deploymentOf(story).spec.paused === undefined, 5_000);
  expect(deploymentOf(story).spec).toMatchObject({ progressDeadlineSeconds: 600 });
  expect(marks(story)["serin.dev/original"]).toBeUndefined();
});

test("the policy is gone when a template changes: paused again, Kubernetes' own set goes, and it is tried all the same", async () => {
  const { state, freezesOnChange } = policy();
  const story = await adopted({ freezesOnChange, spec: SPEC, replicas: 4 });
  story.disturb();
  state.inForce = false;
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.phase("Ready");
  expect(leftovers(story)).toEqual([]);
  expect(setsOf(story).filter((set) => (set.spec.replicas ?? 0) > 0)).toHaveLength(1);
});

describe("left, no mark is anywhere that an undo could bring back: the Deployment freezes for nobody", () => {
  async function promotedOnce(): Promise<Story> {
    const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
    story.push("checkout:2");
    await story.outcome("Promoted");
    await story.world.advance(60_000);
    return story;
  }

  async function undoneFreely(story: Story): Promise<void> {
    for (const image of ["checkout:1", "checkout:2"]) {
      undo(story.world);
      expect(deploymentOf(story).spec.paused).toBeUndefined();
      await story.world.until(image, () => podUids(story, image).length === 4, 60_000);
    }
    expect(ours(story).filter((mark) => mark !== "serin.dev/hands-off")).toEqual([]);
  }

  test("by a deletion", async () => {
    const story = await promotedOnce();
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 180_000);
    await undoneFreely(story);
  });

  test("by a deletion that leaves it frozen, resumed by a person", async () => {
    const story = await promotedOnce();
    story.push("checkout:3");
    await story.world.until("half", () => story.weights() === "50/50");
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 180_000);
    resume(story);
    expect(deploymentOf(story).spec.paused).toBeUndefined();
    const marked = setsOf(story).flatMap(({ metadata }) => Object.keys(metadata.annotations ?? {}));
    expect(marked).not.toContain("serin.dev/rollout");
    expect(marked).not.toContain("serin.dev/release");
  });

  test("by an eject", async () => {
    const story = await promotedOnce();
    stopController(story);
    const { end } = await eject(story);
    expect(end.ok).toBe(true);
    await undoneFreely(story);
  });
});

test("freeze: OnChange where there is no policy: Stalled with the fix, and nothing is written to the Deployment", async () => {
  const story = await tell({ ...policy(false), spec: { ...SPEC, strategy: { ...SPEC.strategy, freeze: "OnChange" } }, replicas: 4 });
  await story.phase("Stalled");
  expect(condition(story, "Stalled")).toMatchObject({ reason: "FreezePolicyMissing", message: expect.stringContaining("deploy/policies") });
  expect(deploymentOf(story).spec.paused).toBeUndefined();
  expect(marks(story)["serin.dev/rollout"]).toBeUndefined();
});

test("freeze: OnChange, and the policy goes: frozen always, and told what is missing; a template is tried all the same; back, Ready", async () => {
  const { state, freezesOnChange } = policy();
  const spec = { ...SPEC, strategy: { ...SPEC.strategy, freeze: "OnChange" } };
  const story = await adopted({ freezesOnChange, spec, replicas: 4 });
  state.inForce = false;
  story.world.lookAgain();
  await story.phase("Stalled", 5_000);
  expect(deploymentOf(story).spec).toMatchObject({ paused: true, progressDeadlineSeconds: 2147483647 });
  expect(condition(story, "Stalled")).toMatchObject({ reason: "FreezePolicyMissing" });
  await story.world.advance(60_000);
  story.count();
  await story.world.advance(3_600_000);
  expect(story.count()).toEqual({});
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.phase("Stalled", 60_000);
  state.inForce = true;
  story.world.lookAgain();
  await story.phase("Ready", 5_000);
  await story.world.until("thawed", () => deploymentOf(story).spec.paused === undefined, 5_000);
  expect(ours(story)).toEqual(["serin.dev/rollout"]);
});

test("freeze: Always is paused at rest, also where the policy is in force", async () => {
  const story = await adopted({ ...policy(), spec: { ...SPEC, strategy: { ...SPEC.strategy, freeze: "Always" } }, replicas: 4 });
  expect(deploymentOf(story).spec.paused).toBe(true);
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.world.advance(60_000);
  expect(deploymentOf(story).spec.paused).toBe(true);
});

test("the policy goes in the middle of a release: at its end frozen always in full, with a deadline that never passes; back, thawed", async () => {
  const { state, freezesOnChange } = policy();
  const story = await adopted({ freezesOnChange, spec: SPEC, replicas: 4 });
  story.push("checkout:2");
  await story.world.until("half", () => story.weights() === "50/50");
  state.inForce = false;
  await story.outcome("Promoted");
  await story.world.advance(60_000);
  expect(deploymentOf(story).spec).toMatchObject({ paused: true, progressDeadlineSeconds: 2147483647 });
  state.inForce = true;
  story.patch(RESOURCES.deployments, "checkout", { metadata: { labels: { looked: "again" } } });
  await story.world.until("thawed", () => deploymentOf(story).spec.paused === undefined, 5_000);
  expect(deploymentOf(story).spec).toMatchObject({ progressDeadlineSeconds: 600 });
  expect(ours(story)).toEqual(["serin.dev/rollout"]);
});

test("a tool replaces the whole object after the hand-over, marks and pause dropped: at its end an ordinary Deployment all the same", async () => {
  const story = await adopted({ ...policy(), spec: SPEC, replicas: 4 });
  const handedOver = new Promise<void>((resolve) => {
    story.world.store.subscribe(({ resource, object }) => {
      const isTried = object.metadata.labels?.["pod-template-hash"] === story.status().canary?.revision;
      if (resource.plural === "replicasets" && isTried && object.metadata.labels?.["app"] === "checkout") resolve();
    });
  });
  story.push("checkout:2");
  let replaced = false;
  void handedOver.then(() => {
    const { metadata, spec } = deploymentOf(story);
    const { annotations: _dropped, resourceVersion: _version, ...rest } = metadata;
    story.world.store.replace(RESOURCES.deployments, NAMESPACE, "checkout", {
      ...deploymentOf(story),
      metadata: rest,
      spec: { ...spec, paused: false },
    } as never);
    replaced = deploymentOf(story).spec.paused === true && story.status().history?.[0]?.outcome !== "Promoted";
  });
  await story.outcome("Promoted");
  expect(replaced).toBe(true);
  await story.world.advance(60_000);
  expect(deploymentOf(story).spec.paused).toBeUndefined();
  expect(ours(story)).toEqual(["serin.dev/rollout"]);
});

describe("freeze: Always where the policies are in force all the same: they hold by the mark of the release", () => {
  const ALWAYS = { ...SPEC, strategy: { ...SPEC.strategy, freeze: "Always" } };

  async function deletedAtHalf(spec: object, then: (story: Story) => void = () => {}): Promise<Story> {
    const story = await adopted({ ...policy(), spec: { ...spec }, replicas: 4 });
    story.push("checkout:2");
    await story.world.until("half", () => story.weights() === "50/50");
    then(story);
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 180_000);
    await story.world.advance(60_000);
    expect(leftovers(story)).toEqual([]);
    expect(deploymentOf(story).spec.paused).toBeUndefined();
    expect(ours(story)).toEqual([]);
    return story;
  }

  test("deleted mid-release with deletionPolicy Resume: Kubernetes rolls out what the spec says", async () => {
    const story = await deletedAtHalf({ ...ALWAYS, deletionPolicy: "Resume" });
    expect(podUids(story, "checkout:2")).toHaveLength(4);
  });

  test("reverted and deleted: an ordinary Deployment again", async () => {
    const story = await deletedAtHalf(ALWAYS, (half) => half.push("checkout:1"));
    expect(podUids(story, "checkout:1")).toHaveLength(4);
  });
});
