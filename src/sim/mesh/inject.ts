/**
 * What Linkerd's injector does to a pod on its creation: a proxy container with its admin port, and labels that name the
 * workload. Only the pod changes; the ReplicaSet and its template never see it. The stand-in's proxy is ready at once, so that its
 * probes wait for nothing.
 */
import type { Container, KubeObject, Pod } from "../../domain/kube.ts";
import { ADMIN_PORT } from "./metrics/inbound.ts";

export const PROXY_CONTAINER = "linkerd-proxy";
export const DEPLOYMENT_LABEL = "linkerd.io/proxy-deployment";

const INJECT = "linkerd.io/inject";
const INBOUND_PORT = 4143;

export function wantsProxy(pod: KubeObject): boolean {
  const { containers } = (pod as Pod).spec;
  return pod.metadata.annotations?.[INJECT] === "enabled" && containers.every(({ name }) => name !== PROXY_CONTAINER);
}

/** `deployment`: the workload that owns the pod's ReplicaSet. */
export function injectProxy(pod: Pod, deployment: string | undefined): Pod {
  const { metadata, spec } = pod;
  const labels = {
    ...metadata.labels,
    "linkerd.io/control-plane-ns": "linkerd",
    ...(deployment === undefined ? {} : { [DEPLOYMENT_LABEL]: deployment }),
    "linkerd.io/workload-ns": metadata.namespace ?? "",
  };
  const annotations = { ...metadata.annotations, "linkerd.io/created-by": "linkerd/proxy-injector stand-in" };
  return { ...pod, metadata: { ...metadata, labels, annotations }, spec: { ...spec, containers: [PROXY, ...spec.containers] } };
}

const PROXY: Container = {
  name: PROXY_CONTAINER,
  image: "cr.l5d.io/linkerd/proxy:stand-in",
  ports: [
    { name: "linkerd-proxy", containerPort: INBOUND_PORT, protocol: "TCP" },
    { name: "linkerd-admin", containerPort: ADMIN_PORT, protocol: "TCP" },
  ],
  readinessProbe: { httpGet: { path: "/ready", port: ADMIN_PORT }, periodSeconds: 10, timeoutSeconds: 1 },
  livenessProbe: { httpGet: { path: "/live", port: ADMIN_PORT }, periodSeconds: 10, timeoutSeconds: 1 },
};
