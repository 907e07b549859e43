/** Who plays in a history: the service with its Deployment and rollout, and how each image behaves. */
import type { KubeObject } from "../../domain/kube.ts";
import type { PodBehaviour } from "../kube/controllers/kubelet/behaviours.ts";
import type { Behaviour } from "../world/traffic.ts";
import { NAMESPACE } from "../world/world.ts";

export const APP = "checkout";
/** What Git had before the history begins. */
export const FIRST = "v1-good";

/** Part of the requests of an image that fails; its pods. Named by what it is, so that a story can be read. */
export const IMAGES: Readonly<Record<string, Behaviour & { readonly pods: PodBehaviour }>> = {
  [FIRST]: { failRate: 0.001, latencyMs: 20, pods: { kind: "ready", afterMs: 700 } },
  "v2-good": { failRate: 0.001, latencyMs: 20, pods: { kind: "ready", afterMs: 700 } },
  "v3-good-slow-start": { failRate: 0.001, latencyMs: 20, pods: { kind: "ready", afterMs: 25_000 } },
  "v4-bad": { failRate: 0.3, latencyMs: 20, pods: { kind: "ready", afterMs: 700 } },
  "v5-never-ready": { failRate: 0, latencyMs: 20, pods: { kind: "neverReady" } },
  "v6-crash-loop": { failRate: 0.01, latencyMs: 20, pods: { kind: "crashLoop", runsMs: 40_000, exitCode: 1, readyAfterMs: 1_000 } },
};

const SILENT: Behaviour = { failRate: 0, latencyMs: 20 };

export function behaviourOf(image: string): Behaviour {
  return IMAGES[image] ?? SILENT;
}

export function podBehaviourOf(image: string | undefined): PodBehaviour {
  return IMAGES[image ?? ""]?.pods ?? { kind: "ready", afterMs: 700 };
}

export function deployment(image: string, replicas: number): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: APP, namespace: NAMESPACE, labels: { team: "shop" }, annotations: { "example.org/owner": "shop" } },
    spec: { replicas, selector: { matchLabels: { app: APP } }, template: template(image) },
  };
}

export function template(image: string) {
  return {
    metadata: { labels: { app: APP } },
    spec: { containers: [{ name: "app", image, ports: [{ name: "http", containerPort: 8080 }] }] },
  };
}

export function service(): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: APP, namespace: NAMESPACE, labels: { team: "shop" } },
    spec: { selector: { app: APP }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

export function rollout(spec: object): KubeObject {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: APP, namespace: NAMESPACE },
    spec: { targetRef: { kind: "Deployment", name: APP }, ...spec },
  };
}
