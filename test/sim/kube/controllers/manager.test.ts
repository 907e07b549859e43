/** The controllers begin with objects that are there already, run on real time too, and end. */
import { expect, test } from "vitest";
import { systemClock } from "../../../../src/domain/clock.ts";
import { RESOURCES } from "../../../../src/domain/kube.ts";
import {
  createControllerManager,
  createKubelet,
  createSimulatedRuntime,
  type LiveDeployment,
} from "../../../../src/sim/kube/controllers/index.ts";
import { createStore, type KubeStore } from "../../../../src/sim/kube/store.ts";
import { createVirtualClock } from "../../../../src/sim/virtual-clock.ts";
import { deployment, NAMESPACE } from "./support/world.ts";

function available(store: KubeStore, count: number): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = store.subscribe(({ object }) => {
      if (object.kind === "Deployment" && (object as LiveDeployment).status?.availableReplicas === count) {
        unsubscribe();
        resolve();
      }
    });
  });
}

function cluster(clock: typeof systemClock) {
  const store = createStore({ now: clock.now, namespaces: [NAMESPACE] });
  store.create(RESOURCES.deployments, NAMESPACE, deployment());
  const runtime = createSimulatedRuntime({ clock, behaviourOf: () => ({ kind: "ready", afterMs: 10 }), stopMsOf: () => 10 });
  const parts = [createControllerManager({ store, clock, latencyMs: 1 }), createKubelet({ store, clock, runtime, latencyMs: 1 }), runtime];
  return {
    store,
    close() {
      for (const part of parts) {
        part.close();
      }
    },
  };
}

test("a Deployment that was there before comes up on real time", async () => {
  const { store, close } = cluster(systemClock);
  await available(store, 3);
  close();
  expect(store.list(RESOURCES.pods).items).toHaveLength(3);
});

test.each([0, 1, 5, 12, 500])("closed after %i ms, nothing is left on the clock and no change is answered", (ms) => {
  const clock = createVirtualClock(0);
  const { store, close } = cluster(clock);
  clock.advance(ms);
  store.patch(RESOURCES.deployments, NAMESPACE, "web", { type: "merge", body: { spec: { replicas: 2 } } });
  clock.advance(4);
  close();
  expect(clock.nextAt()).toBeUndefined();
  store.patch(RESOURCES.deployments, NAMESPACE, "web", { type: "merge", body: { spec: { replicas: 5 } } });
  expect(clock.nextAt()).toBeUndefined();
});
