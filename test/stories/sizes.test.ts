/** The Deployment's size changes under a release: people, autoscalers, and nights at zero. */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { atWeight, bad, leftovers, podsOf, SPEC, setsOf, weightsSeen } from "./moments.ts";
import { adopted, deploymentOf, type Story, tell } from "./story.ts";

test("replicas are lowered between the look and the hand-over: the old set carries the traffic until the tried one is whole", async () => {
  const story = await adopted({ spec: SPEC, replicas: 12 });
  const { store, verbs } = story.world;
  const oldSizes: (number | undefined)[] = [];
  const weights: string[] = [];
  const sizes: string[] = [];
  store.subscribe(({ resource, type }) => {
    if (resource.plural === "replicasets")
      sizes.push(`${story.set(hash)?.spec.replicas}/${story.set(story.status().canary?.revision ?? "")?.spec.replicas}`);
    if (resource.plural !== "httproutes") return;
    weights.push(story.weights());
    if (type === "DELETED") oldSizes.push(story.set(hash)?.spec.replicas);
  });
  const hash = story.status().stable?.podTemplateHash ?? "";
  let lowered = false;
  verbs.plan.refuse = ({ verb, resource }) => {
    if (!lowered && verb === "patch" && resource.plural === "replicasets" && story.status().phase === "Promoting") {
      lowered = true;
      story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 11 } });
      // Kubernetes takes the one pod from the old set before our patch arrives, and then the surplus from the larger trial.
      story.world.clock.advance(20);
    }
    return undefined;
  };
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.world.advance(10_000);
  expect(lowered).toBe(true);
  expect(oldSizes).toEqual([0]);
  expect(weights.slice(weights.indexOf("0/100")), [...new Set(sizes)].join(" ")).toContain("100/0");
  expect(deploymentOf(story).status).toMatchObject({ readyReplicas: 11, updatedReplicas: 11 });
  expect(story.broken).toEqual([]);
});

describe("an autoscaler", () => {
  const scale = (story: Story, replicas: number) => story.patch(RESOURCES.deployments, "checkout", { spec: { replicas } });

  test("raises the size under weight: stable and trial follow, in batches, and the weight never drops for it", async () => {
    const story = await atWeight("50/50", {
      replicas: 4,
      spec: { ...SPEC, strategy: { steps: [{ weight: 50, minDuration: "2m" }], bake: "2m" } },
    });
    const seen = weightsSeen(story);
    scale(story, 12);
    await story.world.until("both follow", () => deploymentOf(story).status?.readyReplicas === 12 && trialReady(story) === 12, 100_000);
    expect(seen).toEqual([]);
    await story.world.until("bake", () => story.weights() === "0/100");
    scale(story, 15);
    await story.world.until("the trial follows while baking", () => trialReady(story) === 15, 60_000);
    expect(seen).toEqual(["0/100"]);
    await story.outcome("Promoted");
    await story.world.advance(5_000);
    expect(deploymentOf(story).status).toMatchObject({ readyReplicas: 15, updatedReplicas: 15 });
  });

  test("new pods that never become ready under weight end the release after readyTimeout, not before", async () => {
    const broken = { on: false };
    const story = await atWeight("50/50", {
      replicas: 4,
      spec: { canary: { readyTimeout: "3m" }, analysis: { interval: "2s" }, strategy: { steps: [{ weight: 50, minDuration: "20m" }] } },
      podBehaviourOf: (pod) =>
        broken.on && pod.spec.containers[0]?.image === "checkout:2" ? { kind: "neverReady" } : { kind: "ready", afterMs: 500 },
    });
    broken.on = true;
    scale(story, 8);
    await story.world.advance(170_000);
    expect(story.weights()).toBe("50/50");
    await story.outcome("RolledBack", 60_000);
    expect(story.status().canary?.reason).toBe("ReadyTimeout");
  });

  test("lowers the size under weight: the release goes on", async () => {
    const story = await atWeight("50/50", { replicas: 12 });
    scale(story, 4);
    await story.outcome("Promoted");
    await story.world.advance(60_000);
    expect(deploymentOf(story).status).toMatchObject({ replicas: 4, readyReplicas: 4 });
  });
});

describe("a night at zero", () => {
  const sleep = (story: Story) => story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 0 } });
  const wake = (story: Story) => story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 4 } });

  test("an untried template at size 0 is handed over without steps: NoPods", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    story.disturb();
    sleep(story);
    await story.world.advance(30_000);
    story.push("checkout:2");
    await story.outcome("NoPods", 120_000);
    await story.phase("Ready", 60_000);
    expect(leftovers(story)).toEqual([]);
    wake(story);
    await story.world.advance(30_000);
    expect(podsOf(story, story.status().stable?.podTemplateHash)).toHaveLength(4);
    expect(story.status().stable?.images).toEqual(["checkout:2"]);
  });

  test("falls in the middle of a trial: weight 0 first, then the set is handed over empty", async () => {
    const story = await atWeight("50/50");
    story.disturb();
    const seen = weightsSeen(story);
    sleep(story);
    await story.outcome("NoPods", 180_000);
    expect(seen).toEqual(["100/0", "no route"]);
    wake(story);
    await story.world.advance(30_000);
    expect(podsOf(story, story.status().stable?.podTemplateHash)).toHaveLength(4);
  });

  test("falls while a template stands rejected: the morning starts stable, not the rejected one", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: bad });
    story.disturb();
    story.push("checkout:2");
    await story.phase("RolledBack");
    sleep(story);
    await story.world.advance(60_000);
    wake(story);
    await story.world.advance(30_000);
    expect(podsOf(story, story.status().stable?.podTemplateHash)).toHaveLength(4);
    expect(story.status()).toMatchObject({ phase: "RolledBack", stable: { images: ["checkout:1"] } });
  });

  test("empty sets that are newer than stable go, since a scale-up would start the newest", async () => {
    const story = await tell({ spec: SPEC, replicas: 4, started: false });
    story.disturb();
    await story.world.advance(10_000);
    story.push("checkout:9");
    await story.world.advance(30_000);
    story.push("checkout:1");
    await story.world.advance(30_000);
    story.world.start();
    await story.phase("Ready");
    expect(setsOf(story)).toHaveLength(2);
    sleep(story);
    await story.world.advance(30_000);
    expect(setsOf(story)).toHaveLength(1);
    story.world.kill();
    story.push("checkout:10");
    wake(story);
    await story.world.advance(30_000);
    expect(podsOf(story, story.status().stable?.podTemplateHash)).toHaveLength(4);
  });
});

function trialReady(story: Story): number | undefined {
  return story.set("trial")?.status?.readyReplicas;
}
