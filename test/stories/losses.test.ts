/** Anything that a release stands on is deleted under it: each loss has an end, and no user request pays for it twice. */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { deployment, service } from "../support/manifests.ts";
import { atWeight, condition, leftovers, SPEC, serviceOf, setsOf, weightsSeen } from "./moments.ts";
import { adopted, deploymentOf, FORM, PAUSED_AT_REST, tell } from "./story.ts";

const gone = (story: Awaited<ReturnType<typeof adopted>>) =>
  story.world.until("everything is taken away", () => leftovers(story).length === 0, 120_000);

describe("the Deployment", () => {
  test.each(["Background", "Foreground", "Orphan"] as const)(
    "is deleted mid-release (%s): nothing of the release is left, and it says so",
    async (propagation) => {
      const story = await atWeight("50/50");
      story.disturb();
      story.world.store.delete(RESOURCES.deployments, NAMESPACE, "checkout", { propagation });
      await gone(story);
      await story.phase("Stalled", 60_000);
      expect(condition(story, "Stalled")).toMatchObject({ reason: "TargetMissing" });
      expect(story.status().history?.[0]).toMatchObject({ outcome: "Removed" });
      expect(story.status().canary).toBeUndefined();
      await story.world.advance(60_000);
      story.count();
      await story.world.advance(600_000);
      expect(story.count()).toEqual({});
    },
  );

  test("comes back, as another object with a template never seen: adopted anew, and the next change is a release", async () => {
    const story = await atWeight("95/5");
    story.disturb();
    story.world.store.delete(RESOURCES.deployments, NAMESPACE, "checkout", { propagation: "Background" });
    await story.phase("Stalled", 60_000);
    story.world.store.create(RESOURCES.deployments, NAMESPACE, deployment("checkout:7", 4));
    await story.phase("Ready", 120_000);
    expect(story.status().stable?.images).toEqual(["checkout:7"]);
    story.push("checkout:8");
    await story.outcome("Promoted");
  });

  test("is replaced between two looks: the old pin does not stay on pods that are gone", async () => {
    const story = await atWeight("95/5");
    story.disturb();
    story.world.kill();
    story.world.store.delete(RESOURCES.deployments, NAMESPACE, "checkout", { propagation: "Background" });
    await story.world.advance(60_000);
    story.world.store.create(RESOURCES.deployments, NAMESPACE, deployment("checkout:7", 4));
    await story.world.advance(10_000);
    story.world.start();
    await story.phase("Ready", 120_000);
    expect(leftovers(story)).toEqual([]);
    expect(story.status()).toMatchObject({ stable: { images: ["checkout:7"] }, history: [{ outcome: "Removed" }] });
    expect(deploymentOf(story).spec.paused).toBe(PAUSED_AT_REST);
  });

  test("is replaced as a whole by a tool, marks and freeze dropped: frozen again, and the release goes on", async () => {
    const story = await atWeight("95/5");
    const { metadata, spec } = deploymentOf(story);
    story.world.store.replace(RESOURCES.deployments, NAMESPACE, "checkout", {
      ...deploymentOf(story),
      metadata: { ...metadata, annotations: {} },
      spec: { ...spec, paused: false },
    } as never);
    await story.world.until("frozen", () => deploymentOf(story).spec.paused === true, 5_000);
    await story.outcome("Promoted");
    expect(deploymentOf(story).metadata.annotations?.["serin.dev/rollout"]).toContain("checkout/");
    // Where the policy holds it paused there is nothing to freeze again.
    expect(story.events().includes("Refrozen Deployment")).toBe(FORM === "Always");
  });
});

describe("the target's name", () => {
  test("is edited mid-release: the old Deployment is given back, the new one adopted", async () => {
    const story = await atWeight("50/50");
    const other = deployment("cart:1", 2, {
      selector: { matchLabels: { app: "cart" } },
      template: {
        metadata: { labels: { app: "cart" } },
        spec: { containers: [{ name: "app", image: "cart:1", ports: [{ name: "http", containerPort: 8080 }] }] },
      },
    });
    story.world.store.create(RESOURCES.deployments, NAMESPACE, { ...other, metadata: { name: "cart", namespace: NAMESPACE } });
    story.world.store.create(RESOURCES.services, NAMESPACE, {
      ...service(),
      metadata: { name: "cart", namespace: NAMESPACE },
      spec: { selector: { app: "cart" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    } as never);
    await story.world.advance(10_000);
    story.patch(RESOURCES.canaryRollouts, "checkout", { spec: { targetRef: { name: "cart" } } });
    await story.world.until("the new one is adopted", () => story.status().stable?.images?.[0] === "cart:1", 180_000);
    expect(leftovers(story)).toEqual([]);
    expect(story.status().history?.[0]).toMatchObject({ outcome: "Removed" });
    const old = deploymentOf(story);
    expect(old.metadata.annotations?.["serin.dev/frozen"]).toContain("never released");
    expect(old.metadata.annotations?.["serin.dev/rollout"]).toBeUndefined();
    expect(old.status?.readyReplicas).toBe(4);
  });
});

describe("a Service", () => {
  test("the apex is deleted: told at once, traffic is left as it is; it comes back, is pinned, and the release ends well", async () => {
    const story = await atWeight("50/50", { spec: { ...SPEC, strategy: { steps: [{ weight: 50, minDuration: "3m" }] } } });
    story.world.store.delete(RESOURCES.services, NAMESPACE, "checkout");
    await story.phase("Stalled", 60_000);
    expect(condition(story, "Stalled")).toMatchObject({ reason: "ServiceMissing" });
    expect(condition(story, "Stalled")?.message).toContain("create it");
    expect(story.weights()).toBe("50/50");
    story.world.store.create(RESOURCES.services, NAMESPACE, service());
    await story.world.until("pinned", () => serviceOf(story, "checkout")?.spec.selector?.["pod-template-hash"] !== undefined, 60_000);
    await story.outcome("Promoted");
    expect(leftovers(story)).toEqual([]);
  });

  test("the canary's is deleted under weight: weight 0 before it is made anew, then the step starts over", async () => {
    const story = await atWeight("50/50");
    story.lines.length = 0;
    const seen = weightsSeen(story);
    story.world.store.delete(RESOURCES.services, NAMESPACE, "checkout-canary");
    await story.world.until("weight back", () => seen.at(-1) === "50/50", 120_000);
    expect(seen).toEqual(["100/0", "50/50"]);
    const [off, made] = ["now 100/0", "a Service for canary"].map((text) => story.lines.findIndex((line) => line.includes(text)));
    expect(off).toBeLessThan(made ?? -1);
    expect(off).toBeGreaterThanOrEqual(0);
    await story.outcome("Promoted");
  });

  test("the canary's is turned to other pods under weight: weight 0 before it is turned back", async () => {
    const story = await atWeight("50/50");
    const seen = weightsSeen(story);
    story.patch(RESOURCES.services, "checkout-canary", { spec: { selector: { "pod-template-hash": "somebody" } } });
    await story.world.until("weight back", () => seen.at(-1) === "50/50", 120_000);
    expect(seen).toEqual(["100/0", "50/50"]);
    expect(serviceOf(story, "checkout-canary")?.spec.selector?.["pod-template-hash"]).toBe(story.status().canary?.revision);
    await story.outcome("Promoted");
  });

  test("stable's is deleted under weight: made anew at once", async () => {
    const story = await atWeight("50/50");
    story.world.store.delete(RESOURCES.services, NAMESPACE, "checkout-stable");
    await story.world.until("made anew", () => serviceOf(story, "checkout-stable") !== undefined, 1_000);
    expect(serviceOf(story, "checkout-stable")?.spec.selector?.["pod-template-hash"]).toBe(story.status().stable?.podTemplateHash);
    await story.outcome("Promoted");
  });
});

test("the route is deleted under weight: made anew at 100/0, and the weight comes back as a raise", async () => {
  const story = await atWeight("50/50");
  const seen = weightsSeen(story);
  story.world.store.delete(RESOURCES.httpRoutes, NAMESPACE, "checkout");
  await story.world.until("weight back", () => story.weights() === "50/50", 60_000);
  expect(seen).toEqual(["no route", "100/0", "50/50"]);
  await story.outcome("Promoted");
});

test("the trial is deleted under weight: weight 0, made anew with one pod, and the step starts over", async () => {
  const story = await atWeight("50/50");
  story.world.store.delete(RESOURCES.replicaSets, NAMESPACE, story.set("trial")?.metadata.name ?? "");
  await story.world.until("weight 0", () => story.weights() === "100/0", 1_000);
  await story.world.until("weight back", () => story.weights() === "50/50", 120_000);
  expect(story.set("trial")?.status?.readyReplicas).toBe(4);
  await story.outcome("Promoted");
});

describe("the stable ReplicaSet", () => {
  test("is deleted mid-release: put back from the copy on the trial", async () => {
    const story = await atWeight("95/5");
    story.disturb();
    const hash = story.status().stable?.podTemplateHash ?? "";
    story.world.store.delete(RESOURCES.replicaSets, NAMESPACE, story.set(hash)?.metadata.name ?? "");
    await story.world.advance(10_000);
    expect(story.set(hash)?.status?.readyReplicas).toBe(4);
  });

  test("is deleted while nothing is released: Kubernetes makes it anew, and the Deployment is frozen again", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    story.disturb();
    const hash = story.status().stable?.podTemplateHash ?? "";
    story.world.store.delete(RESOURCES.replicaSets, NAMESPACE, story.set(hash)?.metadata.name ?? "");
    await story.world.advance(10_000);
    expect(deploymentOf(story).status).toMatchObject({ readyReplicas: 4 });
    expect(deploymentOf(story).spec.paused).toBe(PAUSED_AT_REST);
    expect(deploymentOf(story).metadata.annotations).not.toHaveProperty("serin.dev/resume");
    expect(story.status().phase).toBe("Ready");
    story.push("checkout:2");
    await story.outcome("Promoted");
  });

  test("and the trial are deleted mid-release: what cannot be healed is said, with the way out, and that way works", async () => {
    const story = await atWeight("95/5");
    story.disturb();
    story.world.kill();
    for (const set of setsOf(story)) {
      story.world.store.delete(RESOURCES.replicaSets, NAMESPACE, set.metadata.name);
    }
    await story.world.advance(1_000);
    story.world.start();
    await story.world.until("told", () => condition(story, "Stalled")?.reason === "StableLost", 60_000);
    story.push("checkout:1");
    await story.world.until("healed", () => deploymentOf(story).status?.readyReplicas === 4, 120_000);
    await story.phase("Ready", 120_000);
    expect(leftovers(story)).toEqual([]);
  });
});

describe("the status", () => {
  test("is lost mid-release: stable is known from the trial, and the release starts over", async () => {
    const story = await atWeight("50/50");
    const hash = story.status().stable?.podTemplateHash;
    story.world.kill();
    const { status: _status, ...bare } = story.world.rollout();
    story.world.store.replace(RESOURCES.canaryRollouts, NAMESPACE, "checkout", { ...bare, status: {} } as never, { subresource: "status" });
    story.world.start();
    story.lines.length = 0;
    await story.world.until("first step", () => story.weights() === "95/5", 60_000);
    expect(story.lines.findIndex((line) => line.includes("a release starts at weight 0"))).toBe(0);
    expect(story.status().stable?.podTemplateHash).toBe(hash);
    await story.outcome("Promoted");
  });

  test("is lost while idle: stable is what runs, nothing is released", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    dropStatus(story);
    await story.phase("Ready", 60_000);
    expect(story.status().stable?.images).toEqual(["checkout:1"]);
    expect(setsOf(story)).toHaveLength(1);
  });

  test("is lost while a template stands rejected: the empty trial remembers it, nothing is tried again", async () => {
    const story = await adopted({
      spec: SPEC,
      replicas: 4,
      behaviourOf: (image) => ({ failRate: image === "checkout:2" ? 0.4 : 0, latencyMs: 20 }),
    });
    story.push("checkout:2");
    await story.phase("RolledBack");
    dropStatus(story);
    await story.phase("RolledBack", 60_000);
    await story.world.advance(600_000);
    expect(story.weights()).toBe("no route");
    expect(story.set("trial")?.spec.replicas).toBe(0);
    expect(story.status().stable?.images).toEqual(["checkout:1"]);
  });
});

function dropStatus(story: Awaited<ReturnType<typeof adopted>>): void {
  story.world.kill();
  const { status: _status, ...bare } = story.world.rollout();
  story.world.store.replace(RESOURCES.canaryRollouts, NAMESPACE, "checkout", { ...bare, status: {} } as never, { subresource: "status" });
  story.world.start();
}

test("no rollout without its Service: Stalled says what to do, the Deployment is untouched", async () => {
  const story = await tell({ spec: { ...SPEC, traffic: { service: "nope" } } });
  await story.phase("Stalled");
  expect(condition(story, "Stalled")).toMatchObject({ reason: "ServiceMissing" });
  expect(deploymentOf(story).spec.paused ?? false).toBe(false);
});
