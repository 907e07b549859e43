/** What people do to a release, beyond the rows of the list of scars. */
import { describe, expect, test } from "vitest";
import { RESOURCES, type ReplicaSet } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { atWeight, bad, condition, leftovers, podUids, SPEC, serviceOf, setsOf, weightsSeen } from "./moments.ts";
import { adopted, deploymentOf, FORM, PAUSED_AT_REST } from "./story.ts";

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

describe("intents", () => {
  test("an abort after the hand-over is too late, and says so: the release ends as promoted", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    story.push("checkout:2");
    await story.world.until(
      "handed over",
      () => setsOf(story).every((set) => set.metadata.labels?.["serin.dev/role"] === undefined) && setsOf(story).length === 2,
    );
    story.annotate("serin.dev/abort", `${story.status().canary?.revision}#1`);
    await story.outcome("Promoted");
    await story.phase("Ready");
    expect(story.events()).toContain("TooLate CanaryRollout");
    expect(story.broken).toEqual([]);
  });

  test("of another revision are ignored with an event, also when that revision comes later", async () => {
    const story = await atWeight("95/5");
    story.annotate("serin.dev/abort", "zzzzzzzz");
    await story.world.advance(5_000);
    expect(story.weights()).toBe("95/5");
    expect(story.events()).toContain("IntentIgnored CanaryRollout");
    await story.outcome("Promoted");
  });

  test("on the target work like those on the rollout: a commit can carry them", async () => {
    const story = await atWeight("95/5");
    story.patch(RESOURCES.deployments, "checkout", {
      metadata: { annotations: { "serin.dev/abort": `${story.status().canary?.revision}` } },
    });
    await story.outcome("RolledBack", 5_000);
    expect(story.status().canary?.reason).toBe("Aborted");
  });

  test("promote/full skips the rest of the steps, not the bake", async () => {
    const strategy = { steps: [5, 20, 50].map((weight) => ({ weight, minDuration: "5s", approval: true })), bake: "10s" };
    const story = await atWeight("95/5", { spec: { ...SPEC, strategy } });
    const seen = weightsSeen(story);
    await story.phase("Paused");
    story.annotate("serin.dev/promote", `${story.status().canary?.revision}/full#1`);
    await story.outcome("Promoted");
    expect(seen).toEqual(["0/100", "no route"]);
  });

  test("restart is a release of the same images, once per token", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    const before = podUids(story, "checkout:1");
    story.annotate("serin.dev/restart", "monday");
    await story.outcome("Promoted");
    await story.world.advance(60_000);
    const after = podUids(story, "checkout:1");
    expect(after).toHaveLength(4);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    expect(story.status().history).toHaveLength(1);
    await story.world.advance(600_000);
    expect(story.status().history).toHaveLength(1);
  });

  test("retry after a rollback: a second attempt, which can succeed", async () => {
    const broken = { on: true };
    const behaviourOf = (image: string) => ({ failRate: broken.on && image === "checkout:2" ? 0.4 : 0, latencyMs: 20 });
    const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf });
    story.push("checkout:2");
    await story.phase("RolledBack");
    broken.on = false;
    story.annotate("serin.dev/retry", `${story.status().canary?.revision}#1`);
    await story.outcome("Promoted");
    expect(story.status().history?.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ["Promoted", 1],
      ["RolledBack", 0],
    ]);
  });
});

describe("waiting for a person", () => {
  test("does not count toward the deadline; active time does", async () => {
    const strategy = {
      steps: [
        { weight: 5, minDuration: "10s", approval: true },
        { weight: 50, minDuration: "20m", maxDuration: "1h" },
      ],
      bake: "10s",
      deadline: "30m",
    };
    const story = await atWeight("95/5", { spec: { ...SPEC, strategy } });
    await story.phase("Paused");
    await story.world.advance(3_600_000);
    expect(story.status().phase).toBe("Paused");
    story.annotate("serin.dev/promote", `${story.status().canary?.revision}#1`);
    await story.outcome("Promoted");
  });

  test("the deadline of active time ends a release, be it that the metrics never answer", async () => {
    const strategy = { steps: [{ weight: 5, minDuration: "10s" }], bake: "10s", deadline: "30m" };
    const story = await atWeight("95/5", { spec: { ...SPEC, strategy } });
    story.world.feed.disturbance.fault = { reason: "Unreachable", message: "Prometheus does not answer", since: story.world.clock.now() };
    await story.world.advance(29 * 60_000);
    expect(story.weights()).toBe("95/5");
    await story.outcome("RolledBack", 120_000);
    expect(story.status().canary?.reason).toBe("DeadlineExceeded");
  });

  test("suspended: traffic stays as it is for an hour, bad evidence still cuts", async () => {
    const broken = { on: false };
    const behaviourOf = (image: string) => ({ failRate: broken.on && image === "checkout:2" ? 0.4 : 0, latencyMs: 20 });
    const story = await atWeight("95/5", { behaviourOf });
    story.annotate("serin.dev/suspend", "incident 7");
    await story.world.advance(3_600_000);
    expect(story.weights()).toBe("95/5");
    expect(condition(story, "Reconciling")).toMatchObject({ reason: "Suspended" });
    broken.on = true;
    await story.world.until("cut", () => story.weights() !== "95/5", 30_000);
    expect(story.status().history?.[0]?.outcome).toBe("RolledBack");
  });

  test("spec.suspend taken back: the release goes on", async () => {
    const story = await atWeight("95/5");
    story.patch(RESOURCES.canaryRollouts, "checkout", { spec: { suspend: true } });
    await story.world.advance(600_000);
    expect(story.weights()).toBe("95/5");
    story.patch(RESOURCES.canaryRollouts, "checkout", { spec: { suspend: false } });
    await story.outcome("Promoted");
  });
});

describe("no verdict within maxDuration", () => {
  const thin = (onInconclusive: string) => ({
    requestsPerSecond: 2,
    spec: {
      analysis: { interval: "2s" },
      strategy: { steps: [{ weight: 5, minDuration: "10s", maxDuration: "2m", onInconclusive }], bake: "10s" },
    },
  });

  test("Advance goes on", async () => {
    const story = await atWeight("95/5", thin("Advance"));
    await story.world.until("100", () => story.weights() === "0/100", 1_200_000);
  });

  test("Rollback ends it", async () => {
    const story = await atWeight("95/5", thin("Rollback"));
    await story.outcome("RolledBack", 180_000);
    expect(story.status().canary?.reason).toBe("InconclusiveTimeout");
  });
});

test("an unsupported strategy appears mid-release: the release ends as rolled back, what is asked for is said", async () => {
  const story = await atWeight("50/50");
  story.patch(RESOURCES.deployments, "checkout", { spec: { strategy: { type: "Recreate", rollingUpdate: null } } });
  await story.world.until("cut", () => story.weights() === "100/0", 1_000);
  await story.phase("RolledBack");
  expect(story.status().canary?.reason).toBe("UnsupportedStrategy");
  expect(story.status().history?.[0]?.reason).toContain("RollingUpdate");
  expect(leftovers(story)).toEqual(["trial"]);
});

test("a second rollout on the same target: the oldest acts, the other is Stalled, names it, and touches nothing", async () => {
  const story = await atWeight("95/5");
  const { spec } = story.world.rollout();
  story.world.store.create(RESOURCES.canaryRollouts, NAMESPACE, {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: "second", namespace: NAMESPACE },
    spec,
  } as never);
  await story.outcome("Promoted");
  const second = story.world.rollout("second").status;
  expect(second?.conditions?.find(({ type }) => type === "Stalled")).toMatchObject({
    reason: "TargetTaken",
    message: expect.stringContaining("checkout"),
  });
  story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
  await story.world.until("the other takes over", () => story.world.rollout("second").status?.phase === "Ready", 180_000);
  expect(deploymentOf(story).metadata.annotations?.["serin.dev/rollout"]).toContain("second/");
  expect(deploymentOf(story).spec.paused).toBe(PAUSED_AT_REST);
});

test("health Detached: Ready all along, for pipelines that must not wait", async () => {
  const story = await adopted({ spec: { ...SPEC, health: "Detached" }, replicas: 4, behaviourOf: bad });
  const ready = new Set<string | undefined>();
  story.world.store.subscribe(({ resource }) => {
    if (resource.plural === "canaryrollouts") ready.add(condition(story, "Ready")?.status);
  });
  story.push("checkout:2");
  await story.phase("RolledBack");
  expect([...ready]).toEqual(["True"]);
});

/** Where the policy holds a release paused nothing comes of it: see on-change.test.ts. */
describe.runIf(FORM === "Always")("resumed past Serin", () => {
  test("while no controller runs, after a rollback: what runs then is stable, and the history says who shipped it", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: bad });
    story.push("checkout:2");
    await story.phase("RolledBack");
    story.world.kill();
    story.patch(RESOURCES.deployments, "checkout", { spec: { paused: null } });
    await story.world.advance(120_000);
    story.world.start();
    await story.phase("Ready", 120_000);
    expect(story.status()).toMatchObject({
      stable: { images: ["checkout:2"] },
      history: [{ outcome: "Shipped" }, { outcome: "RolledBack" }],
    });
    expect(leftovers(story)).toEqual([]);
    expect(deploymentOf(story).spec.paused).toBe(true);
  });

  test("while no controller runs and the apex is pinned: the outage ends when it is back", async () => {
    const story = await atWeight("50/50");
    story.disturb();
    story.world.kill();
    story.patch(RESOURCES.deployments, "checkout", { spec: { paused: null } });
    await story.world.advance(120_000);
    story.world.start();
    await story.world.until("unpinned", () => !leftovers(story).some((left) => left.startsWith("pin")), 5_000);
    await story.phase("Ready", 120_000);
    expect(story.status()).toMatchObject({ stable: { images: ["checkout:2"] }, history: [{ outcome: "Shipped" }] });
  });

  test("after a rollback, while Serin runs: frozen again at once, the rejected pods go", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: bad });
    story.push("checkout:2");
    await story.phase("RolledBack");
    story.patch(RESOURCES.deployments, "checkout", { spec: { paused: null } });
    await story.world.advance(60_000);
    expect(podUids(story, "checkout:2")).toEqual([]);
    expect(podUids(story, "checkout:1")).toHaveLength(4);
    expect(story.status().phase).toBe("RolledBack");
  });
});

test("a GitOps tool puts the apex' selector back again and again: pinned at once, then a conflict with the exact ignore rule", async () => {
  const story = await atWeight("50/50", {
    spec: { ...SPEC, strategy: { steps: [{ weight: 50, minDuration: "30m", maxDuration: "1h" }] } },
  });
  const pin = () => serviceOf(story, "checkout")?.spec.selector?.["pod-template-hash"];
  for (let n = 0; n < 3; n++) {
    story.patch(RESOURCES.services, "checkout", { spec: { selector: { "pod-template-hash": null } } });
    await story.world.until("pinned again", () => pin() === story.status().stable?.podTemplateHash, 70_000);
    await story.world.advance(15_000);
  }
  await story.world.until("conflict", () => condition(story, "GitOpsConflict")?.status === "True", 120_000);
  expect(condition(story, "GitOpsConflict")?.message).toContain("/spec/selector/pod-template-hash");
  expect(story.weights()).toBe("50/50");
});

test("a newer template arrives between the decision and the hand-over, unseen yet: nothing is handed over, the newest is tried", async () => {
  const pushed = { done: false };
  const story = await adopted({ spec: SPEC, replicas: 4, lag: (resource) => (resource === "deployments" ? 3_000 : 0) });
  story.world.verbs.plan.refuse = ({ resource }) => {
    if (!pushed.done && resource.plural === "services" && story.status().phase === "Promoting") {
      pushed.done = true;
      story.push("checkout:3");
    }
    return undefined;
  };
  story.push("checkout:2");
  await story.outcome("Superseded");
  expect(pushed.done).toBe(true);
  await story.outcome("Promoted");
  expect(story.status().stable?.images).toEqual(["checkout:3"]);
  expect(story.status().history?.map(({ outcome }) => outcome)).toEqual(["Promoted", "Superseded"]);
});
