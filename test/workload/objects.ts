/** A Deployment, its sets and its pods as an API server would answer them, with modifiers. */
import type { Deployment, OwnerReference, Pod, PodTemplate, ReplicaSet, Service } from "../../src/domain/kube.ts";
import { withHash } from "../../src/workload/template.ts";

export const UID = "6833b499-1538-498e-aa38-328a2f2ce3e9";

export function template(image = "checkout:1"): PodTemplate {
  return {
    metadata: { labels: { app: "checkout" } },
    spec: { containers: [{ name: "a", image, resources: {} }], restartPolicy: "Always" },
  };
}

export function deployment(spec: Partial<Deployment["spec"]> = {}, metadata: Partial<Deployment["metadata"]> = {}): Deployment {
  const n = spec.replicas ?? 10;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "shop", uid: UID, generation: 1, ...metadata },
    spec: {
      replicas: n,
      selector: { matchLabels: { app: "checkout" } },
      template: template(),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
    status: { observedGeneration: 1, replicas: n, updatedReplicas: n, readyReplicas: n, availableReplicas: n },
  };
}

export function ownedBy(uid: string, controller = true): OwnerReference[] {
  return [{ apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid, controller }];
}

/** A set that the Deployment controls. */
export function replicaSet(hash: string, image: string, replicas: number, created = "2026-11-25T09:00:00Z"): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `checkout-${hash}`,
      namespace: "shop",
      uid: `set-${hash}`,
      resourceVersion: "7",
      creationTimestamp: created,
      labels: { app: "checkout", "pod-template-hash": hash },
      ownerReferences: ownedBy(UID),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: "checkout", "pod-template-hash": hash } },
      template: withHash(template(image), hash),
    },
    status: { observedGeneration: 1, replicas, readyReplicas: replicas, availableReplicas: replicas },
  };
}

export function pod(name: string, set: ReplicaSet, status: Pod["status"] = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: `pod-${name}`,
      labels: set.spec.template.metadata?.labels ?? {},
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: set.metadata.name, uid: set.metadata.uid ?? "", controller: true },
      ],
    },
    spec: { containers: [{ name: "a" }] },
    status,
  };
}

export function service(spec: Partial<Service["spec"]> = {}, metadata: Partial<Service["metadata"]> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "checkout", namespace: "shop", uid: "service", ...metadata },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.7.110",
      selector: { app: "checkout" },
      ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }],
      internalTrafficPolicy: "Cluster",
      ...spec,
    },
  };
}
