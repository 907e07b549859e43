/** A release in the shop, as the controller would tell of it. */
import type { CanaryRolloutStatus } from "../../../src/api/status.ts";
import { type Deployment, RESOURCES, type ReplicaSet } from "../../../src/domain/kube.ts";
import { revisionOf } from "../../../src/workload/revision.ts";
import type { Shop } from "./server.ts";

const HASH = "699b4b84d6";

export const STEP = { index: 1, weight: "5%", state: "Waiting", startedAt: new Date().toISOString() } as const;

const deploymentOf = ({ store }: Shop) => store.get(RESOURCES.deployments, "shop", "checkout") as Deployment;

/** The set that Kubernetes made of the Deployment as it is now. */
export function makeStableSet(shop: Shop): void {
  const { metadata, spec } = deploymentOf(shop);
  const labels = { app: "checkout", "pod-template-hash": HASH };
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: metadata.uid ?? "", controller: true };
  const set: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `checkout-${HASH}`, namespace: "shop", labels, ownerReferences: [owner] },
    spec: { replicas: 4, selector: { matchLabels: labels }, template: { ...spec.template, metadata: { labels } } },
  };
  shop.store.create(RESOURCES.replicaSets, "shop", set);
}

export function status(phase: CanaryRolloutStatus["phase"], reason: string, more: Partial<CanaryRolloutStatus> = {}): CanaryRolloutStatus {
  const at = new Date().toISOString();
  const ready = { type: "Ready", status: phase === "Ready" ? "True" : "False", reason, message: "", lastTransitionTime: at } as const;
  return {
    observedGeneration: 1,
    phase,
    message: `${phase} because ${reason}`,
    stable: { revision: HASH, podTemplateHash: HASH, images: ["checkout:1"] },
    conditions: [ready],
    ...more,
  };
}

/** A release of the template that the Deployment asks for now. */
export function trying(shop: Shop, more: Partial<CanaryRolloutStatus["canary"]> = {}): NonNullable<CanaryRolloutStatus["canary"]> {
  const { template } = deploymentOf(shop).spec;
  const revision = revisionOf(template);
  return { revision, podTemplateHash: revision, attempt: 0, images: ["checkout:2"], startedAt: new Date().toISOString(), ...more };
}
