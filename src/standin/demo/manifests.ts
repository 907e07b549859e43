/** What the demo applies: a service with its clients, the same service once more without Serin, and the one object that asks for care. */
import type { Deployment, KubeObject, Service } from "../../domain/kube.ts";
import type { DemoPlan } from "./plan.ts";
import { VERSIONS } from "./plan.ts";

export const APP = "checkout";
export const PORT = 8080;
/** With Serin, and the same without. */
export const SHOP = "shop";
export const PLAIN = "plain";

export function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

export function service(inNamespace: string): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: APP, namespace: inNamespace },
    spec: { selector: { app: APP }, ports: [{ name: "http", port: PORT, targetPort: PORT }] },
  };
}

export function deployment(inNamespace: string, version: string, { replicas }: DemoPlan): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: APP, namespace: inNamespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: APP } },
      template: {
        metadata: { labels: { app: APP }, annotations: { "linkerd.io/inject": "enabled" } },
        spec: { containers: [container(version, [])] },
      },
    },
  };
}

/** The Deployment as Git has it next: another image, and whatever comes with it. */
export function nextVersion(version: string, { failRate, failAfterSeconds }: DemoPlan) {
  const faults = [
    { name: "FAIL_RATE", value: String(failRate) },
    { name: "FAIL_AFTER", value: `${failAfterSeconds}s` },
  ];
  return { spec: { template: { spec: { containers: [container(version, version === VERSIONS.bad ? faults : [])] } } } };
}

function container(version: string, faults: readonly { name: string; value: string }[]) {
  return {
    name: "app",
    image: `registry.example/${APP}:${version}`,
    ports: [{ name: "http", containerPort: PORT }],
    readinessProbe: { httpGet: { path: "/ready", port: PORT }, periodSeconds: 1 },
    env: [{ name: "LATENCY_MS", value: "10" }, ...faults],
  };
}

/** A pod for the load generator, whose proxy runs in another process and serves its metrics there. */
export function clientDeployment(proxyAdminPort: number): Deployment {
  const labels = { app: "load" };
  const env = [{ name: "PROXY_ADMIN_PORT", value: String(proxyAdminPort) }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "load", namespace: SHOP },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { "linkerd.io/inject": "enabled" } },
        spec: { containers: [{ name: "load", image: "registry.example/load:v1", env }] },
      },
    },
  };
}

/** Differs from the defaults in times, in the source of the numbers, and in how many are asked for. */
export function canaryRollout(plan: DemoPlan): KubeObject {
  const { weights, minDuration, bake, scaleDownDelay, minRequests, source } = plan;
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: APP, namespace: SHOP },
    spec: {
      targetRef: { kind: "Deployment", name: APP },
      canary: { scaleDownDelay },
      strategy: { steps: weights.map((weight) => ({ weight, minDuration })), bake },
      analysis: { source, interval: "1s", minRequests },
    },
  };
}
