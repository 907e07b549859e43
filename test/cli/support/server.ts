/** An API server of the stand-in with one rollout in it, and a kubeconfig that leads there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CanaryRolloutStatus } from "../../../src/api/status.ts";
import { type KubeObject, RESOURCES, type Resource } from "../../../src/domain/kube.ts";
import { createStore, type KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import * as manifests from "../../support/manifests.ts";
import { type Ended, type ProcessOptions, type Running, serin, startSerin } from "./process.ts";

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
};

export interface Shop {
  readonly store: KubeStore;
  readonly server: ApiServer;
  readonly env: Readonly<Record<string, string>>;
  run(...args: readonly string[]): Promise<Ended>;
  start(...args: readonly string[]): Running;
  /** As the controller writes it. */
  setStatus(status: CanaryRolloutStatus): void;
  /** As Git does. */
  setImage(image: string): void;
  /** A controller that renewed its lease so long ago. */
  setLease(secondsAgo: number): void;
  rollout(): KubeObject;
  close(): Promise<void>;
}

export interface ShopOptions {
  readonly store?: KubeStore;
  readonly crds?: readonly KubeObject[];
}

export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const store = options.store ?? filledStore(options.crds ?? manifests.crds());
  const server = await startApiServer({ store });
  const folder = mkdtempSync(join(tmpdir(), "serin-cli-"));
  const env = { KUBECONFIG: join(folder, "config"), HOME: folder };
  writeFileSync(env.KUBECONFIG, server.kubeconfig("shop"));
  const withEnv: ProcessOptions = { env };
  const patch = (resource: Resource, body: object, subresource?: "status") =>
    store.patch(resource, "shop", "checkout", { type: "merge", body }, subresource === undefined ? {} : { subresource });
  return {
    store,
    server,
    env,
    run: (...args) => serin(args, withEnv),
    start: (...args) => startSerin(args, withEnv),
    setStatus: (status) => void patch(RESOURCES.canaryRollouts, { status }, "status"),
    setImage: (image) => void patch(RESOURCES.deployments, { spec: { template: { spec: { containers: [{ name: "app", image }] } } } }),
    setLease: (secondsAgo) => putLease(store, secondsAgo),
    rollout: () => store.get(RESOURCES.canaryRollouts, "shop", "checkout"),
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function filledStore(crds: readonly KubeObject[]): KubeStore {
  const store = createStore({ now: Date.now, namespaces: ["default", "shop", "empty", "serin-system"] });
  for (const crd of crds) store.create(CRDS, "", crd);
  store.create(RESOURCES.deployments, "shop", manifests.deployment("checkout:1", 4));
  store.create(RESOURCES.services, "shop", manifests.service());
  if (crds.some(({ metadata }) => metadata.name.startsWith("canaryrollouts."))) {
    store.create(RESOURCES.canaryRollouts, "shop", manifests.rollout());
  }
  return store;
}

function putLease(store: KubeStore, secondsAgo: number): void {
  const renewTime = new Date(Date.now() - secondsAgo * 1000).toISOString().replace("Z", "000Z");
  const spec = { holderIdentity: "serin-0", leaseDurationSeconds: 15, renewTime };
  if (store.find(RESOURCES.leases, "serin-system", "serin-controller") !== undefined) {
    store.patch(RESOURCES.leases, "serin-system", "serin-controller", { type: "merge", body: { spec } });
    return;
  }
  const metadata = { name: "serin-controller", namespace: "serin-system" };
  store.create(RESOURCES.leases, "serin-system", { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
}
