/** Deployments that roll out: strategies, limits, deadlines, history, and what can be in the way. */
import { describe, expect, test } from "vitest";
import type { Condition } from "../../../../src/domain/kube.ts";
import { limitsOf } from "../../../../src/sim/kube/controllers/deployment/limits.ts";
import { templateHash } from "../../../../src/sim/kube/controllers/deployment/template-hash.ts";
import type { LiveDeployment } from "../../../../src/sim/kube/controllers/index.ts";
import { forbidden } from "../../../../src/sim/kube/status-error.ts";
import { createWorld, deployment, imageIs, type World } from "./support/world.ts";

function condition(world: World, type: string): Condition | undefined {
  return world.deployment("web").status?.conditions?.find((other) => other.type === type);
}

function imagesOf(world: World): Record<string, number> {
  return Object.fromEntries(world.sets().map((set) => [set.spec.template.spec.containers[0]?.image ?? "", set.spec.replicas ?? 0]));
}

/** Pods of the image `bad` run and never become ready. */
function withBadImage(): World {
  return createWorld({
    behaviourOf: (pod) => (pod.spec.containers[0]?.image === "bad" ? { kind: "neverReady" } : { kind: "ready", afterMs: 500 }),
  });
}

describe("limits", () => {
  test.each([
    ["25%", "25%", 10, 3, 2],
    ["25%", "25%", 1, 1, 0],
    ["25%", "25%", 3, 1, 0],
    [0, "10%", 5, 0, 1],
    [0, 0, 5, 0, 1],
    [2, 3, 10, 2, 3],
    ["100%", "50%", 7, 7, 3],
    [1, 9, 4, 1, 4],
  ])("surge %s and unavailable %s of %i pods are %i and %i", (maxSurge, maxUnavailable, replicas, surge, unavailable) => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
    const given = deployment({ replicas, spec: { strategy } }) as LiveDeployment;
    expect(limitsOf(given)).toEqual({ maxSurge: surge, maxUnavailable: unavailable });
  });
});

describe("scaling in the middle of a roll-out", () => {
  test("spreads the change in proportion, as Kubernetes' documentation has it: 8 and 5 of 10 become 11 and 7 of 15", () => {
    const world = withBadImage();
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    world.create(deployment({ replicas: 10, spec: { strategy } }));
    world.run(3000);
    world.merge("deployments", "web", imageIs("bad"));
    world.run(3000);
    expect(imagesOf(world)).toEqual({ "a:1": 8, bad: 5 });
    world.merge("deployments", "web", { spec: { replicas: 15 } });
    world.run(3000);
    expect(imagesOf(world)).toEqual({ "a:1": 11, bad: 7 });
  });

  test("to 0 ends all sets", () => {
    const world = withBadImage();
    world.create(deployment({ replicas: 10 }));
    world.run(3000);
    world.merge("deployments", "web", imageIs("bad"));
    world.run(3000);
    world.merge("deployments", "web", { spec: { replicas: 0 } });
    world.run(5000);
    expect(imagesOf(world)).toEqual({ "a:1": 0, bad: 0 });
    expect(world.pods()).toEqual([]);
  });
});

describe("Recreate", () => {
  test("starts the new version only when no pod of the old one is left, terminating ones included", () => {
    const world = createWorld({ stopMs: () => 4000 });
    world.create(deployment({ spec: { strategy: { type: "Recreate" } } }));
    world.run(3000);
    let together = 0;
    world.store.subscribe(() => {
      together += new Set(world.pods().map((pod) => pod.spec.containers[0]?.image)).size > 1 ? 1 : 0;
    });
    world.merge("deployments", "web", imageIs("a:2"));
    world.run(3500);
    expect(world.pods().map((pod) => pod.spec.containers[0]?.image)).toEqual(["a:1", "a:1", "a:1"]);
    world.run(3000);
    expect(together).toBe(0);
    expect(imagesOf(world)).toEqual({ "a:1": 0, "a:2": 3 });
    expect(condition(world, "Progressing")?.reason).toBe("NewReplicaSetAvailable");
  });
});

describe("the deadline", () => {
  function stuck(spec: object): World {
    const world = withBadImage();
    world.create(deployment({ spec }));
    world.run(3000);
    world.merge("deployments", "web", imageIs("bad"));
    return world;
  }

  test("is told when it has passed without progress, and not before", () => {
    const world = stuck({ progressDeadlineSeconds: 60 });
    world.run(58_000);
    expect(condition(world, "Progressing")).toMatchObject({ status: "True", reason: "ReplicaSetUpdated" });
    world.run(5000);
    expect(condition(world, "Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
    expect(condition(world, "Available")?.status).toBe("True");
  });

  test("of 2147483647 s means never, and there is no condition to tell", () => {
    const world = stuck({ progressDeadlineSeconds: 2 ** 31 - 1 });
    world.run(3_600_000);
    expect(condition(world, "Progressing")).toBeUndefined();
  });

  test("doesn't count while paused; a resumed Deployment says so", () => {
    const world = stuck({ progressDeadlineSeconds: 60 });
    world.run(30_000);
    world.merge("deployments", "web", { spec: { paused: true } });
    world.run(600_000);
    expect(condition(world, "Progressing")?.reason).toBe("DeploymentPaused");
    world.merge("deployments", "web", { spec: { paused: false } });
    world.run(50_000);
    expect(condition(world, "Progressing")).toMatchObject({ status: "Unknown", reason: "DeploymentResumed" });
    world.run(15_000);
    expect(condition(world, "Progressing")?.reason).toBe("ProgressDeadlineExceeded");
  });

  test("set to never on a Deployment that is complete leaves Progressing as it was, paused or not", () => {
    const world = createWorld();
    world.create(deployment());
    world.run(3000);
    world.merge("deployments", "web", { spec: { paused: true, progressDeadlineSeconds: 2 ** 31 - 1 } });
    world.run(3000);
    expect(condition(world, "Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
  });
});

describe("history", () => {
  test("keeps as many old sets as the limit says, the youngest revisions", () => {
    const world = createWorld();
    world.create(deployment({ spec: { revisionHistoryLimit: 2 } }));
    for (const image of ["a:2", "a:3", "a:4", "a:5"]) {
      world.run(20_000);
      world.merge("deployments", "web", imageIs(image));
    }
    world.run(20_000);
    expect(imagesOf(world)).toEqual({ "a:3": 0, "a:4": 0, "a:5": 3 });
  });

  test("a template that comes back takes its old set, under a new revision that remembers the old", () => {
    const world = createWorld();
    world.create(deployment());
    world.run(20_000);
    world.merge("deployments", "web", imageIs("a:2"));
    world.run(20_000);
    world.merge("deployments", "web", imageIs("a:1"));
    world.run(20_000);
    expect(imagesOf(world)).toEqual({ "a:1": 3, "a:2": 0 });
    const back = world.sets().find((set) => set.spec.replicas === 3);
    expect(back?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect(world.deployment("web").metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3" });
  });

  test("annotations of the Deployment come to the new set, those of tools and of revisions don't", () => {
    const world = createWorld();
    world.create(deployment({ annotations: { team: "shop", "kubectl.kubernetes.io/last-applied-configuration": "{}" } }));
    world.run(3000);
    world.merge("deployments", "web", { metadata: { annotations: { team: "cart" } } });
    world.run(3000);
    expect(world.sets()[0]?.metadata.annotations).toEqual({
      team: "cart",
      "deployment.kubernetes.io/revision": "1",
      "deployment.kubernetes.io/desired-replicas": "3",
      "deployment.kubernetes.io/max-replicas": "4",
    });
  });
});

describe("what is in the way", () => {
  test("a foreign set under the name of the new one leads to another hash", () => {
    const world = createWorld();
    const given = deployment() as LiveDeployment;
    const template = { metadata: { labels: { app: "else" } }, spec: { containers: [{ name: "a", image: "x" }] } };
    world.run(100);
    world.create(deployment({ name: "probe", spec: { template: given.spec.template, selector: given.spec.selector, paused: true } }));
    const hash = templateHash(
      (world.store.list({ group: "apps", version: "v1", plural: "deployments", kind: "Deployment" }).items[0] as LiveDeployment).spec
        .template,
    );
    world.remove("deployments", "probe");
    world.create({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: `web-${hash}` },
      spec: { replicas: 0, selector: { matchLabels: { app: "else" } }, template },
    });
    world.create(given);
    world.run(5000);
    expect(world.deployment("web").status).toMatchObject({ collisionCount: 1, availableReplicas: 3 });
    expect(world.sets()).toHaveLength(2);
  });

  test("a quota that refuses pods is told by the set and the Deployment, and forgotten when it lets them through", () => {
    let open = false;
    const world = createWorld({
      admitPod: (set) => {
        if (!open) {
          throw forbidden(
            { group: "", plural: "pods", kind: "Pod" },
            `${set.metadata.name}-`,
            "exceeded quota: pods, requested: pods=1, used: pods=2, limited: pods=2",
          );
        }
      },
    });
    world.create(deployment());
    world.run(2000);
    const message = expect.stringMatching(/^pods "web-\w+-" is forbidden: exceeded quota: /);
    expect(world.sets()[0]?.status).toMatchObject({
      replicas: 0,
      conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }],
    });
    expect(condition(world, "ReplicaFailure")).toMatchObject({ status: "True", reason: "FailedCreate", message });
    open = true;
    world.run(20_000);
    expect(world.deployment("web").status?.availableReplicas).toBe(3);
    expect(condition(world, "ReplicaFailure")).toBeUndefined();
    expect(world.sets()[0]?.status?.conditions).toBeUndefined();
  });

  test("a bad image stops the roll-out with the old pods serving; the old template back ends it", () => {
    const world = withBadImage();
    world.create(deployment({ replicas: 4 }));
    world.run(3000);
    const before = world.pods().map((pod) => pod.metadata.uid);
    world.merge("deployments", "web", imageIs("bad"));
    world.run(60_000);
    expect(world.deployment("web").status).toMatchObject({ availableReplicas: 3, updatedReplicas: 2 });
    world.merge("deployments", "web", imageIs("a:1"));
    world.run(60_000);
    expect(imagesOf(world)).toEqual({ "a:1": 4, bad: 0 });
    expect(world.pods().filter((pod) => before.includes(pod.metadata.uid))).toHaveLength(3);
  });
});
