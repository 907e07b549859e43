/** Rows of the list of scars that are decided by the engine, each on virtual time under its number. */
import { describe, expect, test } from "vitest";
import { RESOURCES, type ReplicaSet, type Service } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { crds, deployment } from "../support/manifests.ts";
import { atWeight, bad, condition, podUids, SPEC, setReady, setWeights } from "./moments.ts";
import { adopted, deploymentOf } from "./story.ts";

describe("routes and weights", () => {
  test("3, 8: traffic went elsewhere: the observed share contradicts, nothing is raised, the causes are named in order", async () => {
    const story = await atWeight("95/5");
    story.world.feed.disturbance.share = 0.5;
    await story.world.advance(120_000);
    expect(story.weights()).toBe("95/5");
    expect(condition(story, "TrafficConfirmed")).toMatchObject({ status: "False", reason: "TrafficUnconfirmed" });
    expect(condition(story, "TrafficConfirmed")?.message).toMatch(
      /opaque.*ServiceProfile.*outside the mesh.*another route.*circuit breaking/,
    );
  });

  test("4: no weight to a Service that has no endpoints yet", async () => {
    const story = await adopted({
      spec: SPEC,
      replicas: 4,
      podBehaviourOf: (pod) => (pod.spec.containers[0]?.image === "checkout:2" ? { kind: "neverReady" } : { kind: "ready", afterMs: 500 }),
    });
    story.push("checkout:2");
    await story.world.advance(120_000);
    expect(story.weights()).toBe("no route");
    expect(story.status().message).toContain("0 of 1 canary pods available");
  });

  test("5: the canary lost its last endpoint under weight: weight 0, and back as a raise when the pods are back", async () => {
    const story = await atWeight("95/5");
    const pods = story.world.store.list(RESOURCES.pods, { namespace: NAMESPACE }).items;
    const canary = pods.find((pod) => pod.metadata.labels?.["pod-template-hash"] === story.status().canary?.revision);
    setReady(story, canary?.metadata.name ?? "", "False");
    await story.world.until("weight 0", () => story.weights() === "100/0", 1_000);
    expect(story.status().canary?.unreadySince).toBeDefined();
    story.world.store.delete(RESOURCES.pods, NAMESPACE, canary?.metadata.name ?? "");
    await story.world.until("weight back", () => story.weights() === "95/5", 120_000);
    await story.outcome("Promoted");
    expect(story.broken).toEqual([]);
  });

  test("7: a newer version in the middle of a canary: weight 0, quiet, selector, then a weight; Superseded", async () => {
    const story = await atWeight("50/50");
    story.lines.length = 0;
    story.push("checkout:3");
    await story.outcome("Superseded");
    expect(story.weights()).toBe("100/0");
    await story.outcome("Promoted");
    const order = ["give", "select", "5 % to"].map((text) => story.lines.findIndex((line) => line.includes(text)));
    expect(order.every((at) => at >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const [cutAt = 0, selectedAt = 0] = order.map((at) => Number.parseFloat(story.lines[at] ?? ""));
    expect(selectedAt - cutAt).toBeGreaterThanOrEqual(1);
    expect(story.status()).toMatchObject({ phase: "Ready", stable: { images: ["checkout:3"] } });
    expect(story.broken).toEqual([]);
  });

  test("10: decide after its own plan is empty: an hour of a held step writes nothing more", async () => {
    const story = await atWeight("95/5", { spec: { ...SPEC, strategy: { steps: [{ weight: 5, minDuration: "10s", approval: true }] } } });
    await story.phase("Paused");
    await story.world.advance(180_000);
    story.count();
    story.world.feed.disturbance.requestsPerSecond = 0;
    await story.world.advance(3_600_000);
    const { status = 0, ...others } = story.count();
    expect(others).toEqual({});
    expect(status).toBeLessThanOrEqual(60);
  });
});

describe("workloads", () => {
  test("14: the trial grows in batches of max(1, maxSurge, a quarter), the next one when the last is available", async () => {
    const sizes: number[] = [];
    const story = await adopted({ spec: SPEC, replicas: 12 });
    story.world.store.subscribe(({ resource, object }) => {
      if (resource.plural === "replicasets" && object.metadata.labels?.["serin.dev/role"] === "trial") {
        const size = (object as ReplicaSet).spec.replicas ?? 0;
        if (sizes.at(-1) !== size) sizes.push(size);
      }
    });
    story.push("checkout:2");
    await story.outcome("Promoted");
    expect(sizes).toEqual([1, 4, 7, 10, 12]);
  });

  test("15: flickering readiness does not start the deadline over", async () => {
    const story = await adopted({
      spec: { ...SPEC, canary: { readyTimeout: "5m" } },
      replicas: 4,
      deployment: deployment("checkout:1", 4, { minReadySeconds: 20 }),
      podBehaviourOf: (pod) =>
        pod.spec.containers[0]?.image === "checkout:2"
          ? { kind: "flicker", afterMs: 500, readyMs: 5_000, unreadyMs: 5_000 }
          : { kind: "ready", afterMs: 500 },
    });
    story.push("checkout:2");
    await story.outcome("RolledBack", 310_000);
    expect(story.status().canary?.reason).toBe("ReadyTimeout");
  });

  test("16: a wrong image tag is rolled back after readyTimeout, in the kubelet's own words", async () => {
    const message = 'Back-off pulling image "checkout:2": manifest unknown';
    const story = await adopted({
      spec: { ...SPEC, canary: { readyTimeout: "2m" } },
      replicas: 4,
      podBehaviourOf: (pod) =>
        pod.spec.containers[0]?.image === "checkout:2" ? { kind: "imagePull", message } : { kind: "ready", afterMs: 500 },
    });
    story.push("checkout:2");
    await story.outcome("RolledBack", 180_000);
    expect(story.status().history?.[0]?.reason).toContain("ReadyTimeout");
    expect(story.status().history?.[0]?.reason).toContain("manifest unknown");
    expect(story.weights()).toBe("no route");
  });

  test("17: the rollout is deleted mid-release: stable serves, the Deployment stays frozen on it", async () => {
    const story = await atWeight("50/50");
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined, 120_000);
    await story.world.advance(60_000);
    expect(story.weights()).toBe("no route");
    expect(deploymentOf(story).spec.paused).toBe(true);
    expect(deploymentOf(story).metadata.annotations?.["serin.dev/frozen"]).toContain("never released");
    expect(deploymentOf(story).status?.readyReplicas).toBe(4);
    expect(story.set("trial")).toBeUndefined();
    expect(story.world.store.find(RESOURCES.services, NAMESPACE, "checkout-canary")).toBeUndefined();
    expect((story.world.store.get(RESOURCES.services, NAMESPACE, "checkout") as Service).spec.selector).toEqual({ app: "checkout" });
  });

  test("19: 1, 2, 1: no release is left, no pod of stable restarted; 2 once more is a new release", async () => {
    const story = await atWeight("95/5");
    const before = podUids(story, "checkout:1");
    story.push("checkout:1");
    await story.phase("Ready");
    expect(story.status().history?.[0]?.outcome).toBe("Reverted");
    expect(podUids(story, "checkout:1")).toEqual(before);
    story.push("checkout:2");
    await story.outcome("Promoted");
    expect(story.broken).toEqual([]);
  });

  test("20: a latency verdict while stable is short of pods leaves the canary what stable can't carry", async () => {
    const latency = [{ percentile: "99", max: "100ms" }];
    const slow = { on: false };
    const story = await atWeight("50/50", {
      spec: {
        strategy: {
          steps: [
            { weight: 10, minDuration: "10s" },
            { weight: 50, minDuration: "10m" },
          ],
        },
        analysis: { interval: "2s", latency },
      },
      behaviourOf: (image) => ({ failRate: 0, latencyMs: slow.on && image === "checkout:2" ? 400 : 20 }),
    });
    const stable = story.set(story.status().stable?.podTemplateHash ?? "");
    const pods = story.world.store
      .list(RESOURCES.pods, { namespace: NAMESPACE })
      .items.filter((pod) => pod.metadata.ownerReferences?.[0]?.name === stable?.metadata.name);
    for (const pod of pods.slice(0, 3)) {
      setReady(story, pod.metadata.name, "False");
    }
    await story.world.advance(1_000);
    slow.on = true;
    await story.outcome("RolledBack", 60_000);
    expect(story.weights()).toBe("50/50");
    expect(story.status().message).toContain("the canary keeps 50 %");
    for (const pod of pods.slice(0, 3)) {
      story.world.store.delete(RESOURCES.pods, NAMESPACE, pod.metadata.name);
    }
    await story.phase("RolledBack", 120_000);
    expect(story.weights()).toBe("no route");
  });
});

describe("GitOps", () => {
  test("23: self-heal puts weights back: down at once, up as a raise, after three a conflict with the exact ignore rule", async () => {
    const strategy = { steps: [{ weight: 50, minDuration: "30m" }] };
    const story = await atWeight("50/50", { spec: { strategy, analysis: { interval: "2s" } } });
    setWeights(story, 10, 90);
    await story.world.until("down at once", () => story.weights() === "50/50", 1_000);
    for (let n = 0; n < 3 && condition(story, "GitOpsConflict") === undefined; n++) {
      await story.world.advance(15_000);
      setWeights(story, 100, 0);
      await story.world.until("put back", () => story.weights() === "50/50", 120_000);
    }
    await story.world.until("conflict", () => condition(story, "GitOpsConflict")?.status === "True", 120_000);
    expect(condition(story, "GitOpsConflict")?.message).toContain('jsonPointers: ["/spec/rules"]');
    await story.world.until("ten quiet minutes", () => condition(story, "GitOpsConflict") === undefined, 1_200_000);
    expect(story.weights()).toBe("50/50");
  });

  test("26: no label of the user's is copied to what Serin creates", async () => {
    const story = await atWeight("95/5");
    const { store } = story.world;
    const created = [
      store.get(RESOURCES.services, NAMESPACE, "checkout-stable"),
      store.get(RESOURCES.services, NAMESPACE, "checkout-canary"),
      store.get(RESOURCES.httpRoutes, NAMESPACE, "checkout"),
      story.set("trial"),
    ];
    for (const object of created) {
      expect(Object.keys(object?.metadata.labels ?? {}).sort()).toEqual(["serin.dev/managed-by", "serin.dev/role"]);
    }
  });
});

describe("metrics", () => {
  test("31, 32: a source that does not answer holds, says so, and never passes; after errorTimeout a person is called", async () => {
    const story = await atWeight("95/5", { spec: { ...SPEC, analysis: { interval: "2s", errorTimeout: "5m" } } });
    story.world.feed.disturbance.fault = { reason: "Unreachable", message: "Prometheus does not answer", since: story.world.clock.now() };
    await story.world.advance(60_000);
    expect(story.weights()).toBe("95/5");
    expect(condition(story, "AnalysisHealthy")).toMatchObject({ status: "False", reason: "Unreachable" });
    await story.world.advance(300_000);
    expect(story.weights()).toBe("95/5");
    expect(condition(story, "Stalled")).toMatchObject({ status: "True", reason: "MetricsUnavailable" });
    story.world.feed.disturbance.fault = undefined;
    await story.outcome("Promoted");
  });

  test("31: onError Rollback acts after its timeout and not before", async () => {
    const story = await atWeight("95/5", { spec: { ...SPEC, analysis: { interval: "2s", errorTimeout: "2m", onError: "Rollback" } } });
    story.world.feed.disturbance.fault = { reason: "Forbidden", message: "Prometheus refuses", since: story.world.clock.now() };
    await story.world.advance(110_000);
    expect(story.weights()).toBe("95/5");
    await story.outcome("RolledBack", 60_000);
    expect(story.status().canary?.reason).toBe("MetricsTimeout");
  });

  test("thin traffic is no verdict: Stalled with InsufficientTraffic, and a promote by hand passes it", async () => {
    const strategy = { steps: [{ weight: 5, minDuration: "10s", maxDuration: "2m" }], bake: "10s" };
    const story = await atWeight("95/5", { spec: { strategy, analysis: { interval: "2s" } }, requestsPerSecond: 2 });
    await story.phase("Paused", 300_000);
    expect(condition(story, "Stalled")?.reason).toBe("InsufficientTraffic");
    expect(story.status().waitingFor).toBe("Inconclusive(step 1)");
    story.annotate("serin.dev/promote", `${story.status().canary?.revision}#1`);
    await story.world.until("100", () => story.weights() === "0/100", 300_000);
  });
});

/** A CRD from before these rules: what it lets through, the controller must still refuse. */
function withoutRules<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === "x-kubernetes-validations" ? undefined : inner))) as T;
}

describe("people", () => {
  test("35: one approval opens one gate; a second abort is a second abort", async () => {
    const strategy = { steps: [5, 20, 50].map((weight) => ({ weight, minDuration: "5s", approval: true })), bake: "5s" };
    const story = await atWeight("95/5", { spec: { strategy, analysis: { interval: "2s" } } });
    await story.world.until("gate", () => story.status().waitingFor === "Approval(step 1)");
    story.annotate("serin.dev/promote", `${story.status().canary?.revision}#1`);
    await story.world.until("next gate", () => story.status().waitingFor === "Approval(step 2)");
    await story.world.advance(120_000);
    expect(story.weights()).toBe("80/20");
    story.annotate("serin.dev/abort", `${story.status().canary?.revision}#1`);
    await story.outcome("RolledBack");
    story.annotate("serin.dev/retry", `${story.status().canary?.revision}#2`);
    await story.world.until("second try", () => story.weights() === "95/5", 300_000);
    expect(story.status().canary?.attempt).toBe(1);
    story.annotate("serin.dev/abort", `${story.status().canary?.revision}#3`);
    await story.world.until("aborted again", () => story.weights() !== "95/5", 5_000);
    expect(story.status().history).toHaveLength(2);
  });

  test("36: an invalid spec mid-release: weight 0, InvalidSpec, on from the first step when it is valid again", async () => {
    const story = await atWeight("50/50", { crds: crds().map(withoutRules) });
    story.patch(RESOURCES.canaryRollouts, "checkout", { spec: { analysis: { errorTimeout: "1s" } } });
    await story.world.until("weight 0", () => story.weights() === "100/0", 1_000);
    await story.world.advance(60_000);
    expect(condition(story, "Stalled")).toMatchObject({ reason: "InvalidSpec" });
    expect(condition(story, "Stalled")?.message).toContain("spec.analysis.errorTimeout");
    story.patch(RESOURCES.canaryRollouts, "checkout", { spec: { analysis: { errorTimeout: "10m" } } });
    await story.world.until("first step", () => story.weights() === "95/5", 120_000);
    await story.outcome("Promoted");
  });

  test("37: a promote while suspended opens nothing", async () => {
    const strategy = { steps: [{ weight: 5, minDuration: "5s", approval: true }], bake: "5s" };
    const story = await atWeight("95/5", { spec: { strategy, analysis: { interval: "2s" } } });
    await story.world.until("gate", () => story.status().waitingFor === "Approval(step 1)");
    story.annotate("serin.dev/suspend", "incident 7");
    await story.world.until("suspended", () => condition(story, "Ready")?.reason === "Suspended");
    story.annotate("serin.dev/promote", `${story.status().canary?.revision}#1`);
    await story.world.advance(60_000);
    expect(story.weights()).toBe("95/5");
    expect(story.events()).toContain("IntentIgnored CanaryRollout");
  });

  test("38: a missing permission is a condition with the rule to add, and lowering finds another way", async () => {
    const { ApiError } = await import("../../src/domain/kube.ts");
    const story = await atWeight("50/50");
    story.world.verbs.plan.refuse = ({ verb, resource }) =>
      resource.plural === "httproutes"
        ? new ApiError({
            kind: "stalled",
            status: 403,
            reason: "Forbidden",
            message: "may not patch httproutes: add the verb patch on httproutes.gateway.networking.k8s.io",
            verb,
            resource,
          })
        : undefined;
    story.annotate("serin.dev/abort", `${story.status().canary?.revision}#1`);
    await story.world.advance(5_000);
    const canary = story.world.store.get(RESOURCES.services, NAMESPACE, "checkout-canary") as Service;
    expect(canary.spec.selector?.["pod-template-hash"]).toBe(story.status().stable?.podTemplateHash);
    expect(condition(story, "Stalled")).toMatchObject({ status: "True", reason: "Forbidden" });
    expect(condition(story, "Stalled")?.message).toContain("add the verb patch");
  });

  test("39: the reason of a failed analysis is in status and in an event on the target", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: bad });
    story.push("checkout:2");
    await story.outcome("RolledBack");
    expect(story.status().history?.[0]?.reason).toMatch(/AnalysisFailed: success-rate: canary \d+\/\d+ failed/);
    await story.world.advance(10_000);
    expect(story.events()).toContain("RolledBack Deployment");
  });
});
