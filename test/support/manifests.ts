/** Manifests as a user would write them, and the CRDs that a cluster needs. */
import { readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/domain/kube.ts";
import { deepFreeze } from "../../src/sim/kube/json.ts";

export function deployment(image: string, replicas = 10, extra: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "shop" },
    spec: {
      replicas,
      selector: { matchLabels: { app: "checkout" } },
      template: {
        metadata: { labels: { app: "checkout" } },
        spec: { containers: [{ name: "app", image, ports: [{ name: "http", containerPort: 8080 }] }] },
      },
      ...extra,
    },
  };
}

export function service(): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "checkout", namespace: "shop" },
    spec: { selector: { app: "checkout" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

export function rollout(spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: "checkout", namespace: "shop" },
    spec: { targetRef: { kind: "Deployment", name: "checkout" }, ...spec },
  };
}

/** Serin's own CRD and Gateway API's. Frozen, so that every store shares their schemas. */
export function crds(): KubeObject[] {
  return ["../../crds", "../../src/standin/crds"].flatMap((folder) => {
    const path = new URL(`${folder}/`, import.meta.url);
    const files = readdirSync(path).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml");
    return files.flatMap((name) =>
      parseAllDocuments(readFileSync(new URL(name, path), "utf8")).map((document) => deepFreeze(stripped(document.toJS()) as KubeObject)),
    );
  });
}

/** As much of the VerticalPodAutoscaler's as a cluster needs to serve it. */
export function vpaCrd(): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "verticalpodautoscalers.autoscaling.k8s.io" },
    spec: {
      group: "autoscaling.k8s.io",
      names: {
        kind: "VerticalPodAutoscaler",
        listKind: "VerticalPodAutoscalerList",
        plural: "verticalpodautoscalers",
        singular: "verticalpodautoscaler",
      },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

function stripped(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member) =>
      key === "x-kubernetes-validations" ? member.filter((r: { rule: string }) => !r.rule.includes("self.steps[0]")) : member,
    ),
  );
}
