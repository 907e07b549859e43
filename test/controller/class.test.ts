/** Two classes: each controller acts on its own rollouts and holds its own lease, and does not touch the other's. */
import { expect, onTestFinished, test } from "vitest";
import { type KubeObject, RESOURCES } from "../../src/domain/kube.ts";
import type { RolloutObject } from "../../src/engine/types.ts";
import { startControllerProcess } from "../support/controller-process.ts";
import { rollout } from "../support/manifests.ts";

const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };

function named(name: string, spec: object): KubeObject {
  const base = rollout({ targetRef: { kind: "Deployment", name }, ...spec });
  return { ...base, metadata: { ...base.metadata, name } };
}

test("a controller with a class leaves the rollouts of others alone: no status, no finalizer", async () => {
  const { store } = await startControllerProcess(
    (filled) => {
      filled.create(NAMESPACE, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
      filled.create(RESOURCES.canaryRollouts, "shop", named("plain", {}));
      filled.create(RESOURCES.canaryRollouts, "shop", named("green", { class: "green" }));
      filled.create(RESOURCES.canaryRollouts, "shop", named("own", { class: "blue" }));
    },
    ["--class", "blue"],
  );
  const phase = (name: string) => (store.get(RESOURCES.canaryRollouts, "shop", name) as RolloutObject).status?.phase;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (phase("own") !== undefined) resolve();
    };
    onTestFinished(store.subscribe(look));
    look();
  });
  // All were listed and queued together, so the others have had their turn when this one's status is there.
  expect([phase("plain"), phase("green")]).toEqual([undefined, undefined]);
  expect(store.list(RESOURCES.leases).items.map(({ metadata }) => metadata.name)).toEqual(["serin-controller-blue"]);
}, 60_000);
