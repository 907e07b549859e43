/** Scar 38 by the real process: a missing permission is a condition and an event that name the rule to add, and it heals. */
import { expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type Deployment, RESOURCES } from "../../src/domain/kube.ts";
import type { RolloutObject } from "../../src/engine/types.ts";
import { createControllerManager, createKubelet, createSimulatedRuntime } from "../../src/sim/kube/controllers/index.ts";
import type { KubeStore } from "../../src/sim/kube/store.ts";
import { startControllerProcess } from "../support/controller-process.ts";
import { deployment, rollout, service } from "../support/manifests.ts";

const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const SHOP = "shop";

/** A Deployment with pods that become ready, on the system's clock. */
function running(store: KubeStore): void {
  createControllerManager({ store, clock });
  createKubelet({ store, clock, runtime: createSimulatedRuntime({ clock, behaviourOf: () => ({ kind: "ready", afterMs: 50 }) }) });
  store.create(NAMESPACE, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } });
  store.create(RESOURCES.services, SHOP, service());
  store.create(RESOURCES.deployments, SHOP, deployment("checkout:1", 2));
}

function changed(store: KubeStore, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (holds()) resolve();
    };
    onTestFinished(store.subscribe(look));
    look();
  });
}

test("38: a missing permission is a condition with the rule to add; when it is there, the rollout goes on by itself", async () => {
  const { store, server, log } = await startControllerProcess(running);
  server.setAuthorize(({ verb, resource }) => !(verb === "patch" && resource === "deployments"));
  store.create(RESOURCES.canaryRollouts, SHOP, rollout({ analysis: { source: "Proxies" } }));
  const condition = (type: string) =>
    (store.find(RESOURCES.canaryRollouts, SHOP, "checkout") as RolloutObject | undefined)?.status?.conditions?.find(
      (one) => one.type === type,
    );

  await changed(store, () => condition("Stalled")?.reason === "Forbidden");
  expect(condition("Stalled")?.message).toContain('{apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}');
  expect((store.get(RESOURCES.deployments, SHOP, "checkout") as Deployment).spec.paused ?? false).toBe(false);
  await changed(store, () => store.list(RESOURCES.events, { namespace: SHOP }).items.some((event) => event["reason"] === "Forbidden"));

  server.setAuthorize(() => true);
  await changed(store, () => condition("Ready")?.status === "True");
  expect((store.get(RESOURCES.deployments, SHOP, "checkout") as Deployment).spec.paused).toBe(true);
  const lines = log()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ level }) => level === WARN)[0]).toMatchObject({
    rollout: "shop/checkout",
    reconcile: expect.any(Number),
    because: expect.any(Array),
    raise: ["freeze: a template change becomes a release"],
    error: { verb: "patch", status: 403 },
  });
}, 180_000);

/** pino's. */
const WARN = 40;
