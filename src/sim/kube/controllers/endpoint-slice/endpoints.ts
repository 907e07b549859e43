/** The endpoints that a Service's pods make, in groups of the same ports: a named target port may have another number in another pod. */
import type { ServicePort } from "../../../../domain/kube.ts";
import { isBeingDeleted, isFinished, isReady, type LivePod, type LiveService } from "../objects.ts";

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly hostname?: string;
  readonly targetRef: { readonly kind: "Pod"; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly nodeName?: string;
}

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** `pods`: those that the Service selects. */
export function groupsOf(service: LiveService, pods: readonly LivePod[]): readonly Group[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods.filter(hasAddress)) {
    const ports = (service.spec.ports ?? []).flatMap((port) => endpointPort(port, pod));
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod));
  }
  return [...groups.values()];
}

export function portsKey(ports: readonly EndpointPort[] | null | undefined): string {
  return JSON.stringify((ports ?? []).map(({ name, port, protocol, appProtocol }) => [name, port, protocol, appProtocol]));
}

function hasAddress(pod: LivePod): boolean {
  return !isFinished(pod) && pod.status?.podIP !== undefined;
}

/** None where the pod has no port of that name. */
function endpointPort({ name = "", port, targetPort = port, protocol = "TCP", appProtocol }: ServicePort, pod: LivePod): EndpointPort[] {
  const number = typeof targetPort === "number" ? targetPort : namedPort(pod, targetPort, protocol);
  return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
}

function namedPort(pod: LivePod, name: string, protocol: string): number | undefined {
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find((port) => port.name === name && (port.protocol ?? "TCP") === protocol)?.containerPort;
}

function endpointOf(service: LiveService, pod: LivePod): Endpoint {
  const serving = isReady(pod);
  const terminating = isBeingDeleted(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace = "", uid = "" } = pod.metadata;
  const { hostname, nodeName } = pod.spec;
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName !== undefined && { nodeName }),
  };
}
