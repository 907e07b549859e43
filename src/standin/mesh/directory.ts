/** What a mesh's control plane tells a client's proxy: Services, routes, and who is ready behind a Service's port. */
import { type EndpointSlice, type KubeObject, type Pod, RESOURCES, type Route, type Service } from "../../domain/kube.ts";
import { DEPLOYMENT_LABEL, PROXY_CONTAINER } from "../../sim/mesh/inject.ts";
import type { Endpoint, ServiceRef } from "../../sim/mesh/metrics/outbound.ts";
import type { FindService } from "../../sim/mesh/policy.ts";
import { readyAddresses } from "../../traffic/endpoints.ts";
import { type MirrorOptions, startMirror } from "./mirror.ts";

export interface Directory {
  readonly findService: FindService;
  httpRoutes(): readonly Route[];
  grpcRoutes(): readonly Route[];
  /** An address of a pod that is not known yet is left out: whether it is meshed could not be told. */
  endpoints(service: ServiceRef): readonly Endpoint[];
}

/** By namespace/name. */
type Objects = ReadonlyMap<string, KubeObject>;

export interface Collections {
  readonly services: Objects;
  readonly endpointSlices: Objects;
  readonly pods: Objects;
  readonly httpRoutes: Objects;
  readonly grpcRoutes: Objects;
}

const MIRRORED = ["services", "endpointSlices", "pods", "httpRoutes", "grpcRoutes"] as const satisfies (keyof Collections)[];

/** Kept by watches. `onChange`: something that proxies must know has changed. */
export function startDirectory(
  options: Omit<MirrorOptions, "resource" | "onChange"> & { readonly onChange: () => void },
  signal: AbortSignal,
): { readonly directory: Directory; readonly synced: Promise<void> } {
  const mirrors = MIRRORED.map((name) => [name, startMirror({ ...options, resource: RESOURCES[name] }, signal)] as const);
  const collections = Object.fromEntries(mirrors.map(([name, { objects }]) => [name, objects])) as unknown as Collections;
  const synced = Promise.all(mirrors.map(([, mirror]) => mirror.synced)).then(() => undefined);
  return { directory: directoryOf(collections), synced };
}

export function directoryOf({ services, endpointSlices, pods, httpRoutes, grpcRoutes }: Collections): Directory {
  const findService: FindService = (namespace, name) => services.get(`${namespace}/${name}`) as Service | undefined;
  return {
    findService,
    httpRoutes: () => [...httpRoutes.values()] as Route[],
    grpcRoutes: () => [...grpcRoutes.values()] as Route[],
    endpoints({ namespace, name, port }) {
      const portName = findService(namespace, name)?.spec.ports?.find((entry) => entry.port === port)?.name;
      const slices = ([...endpointSlices.values()] as EndpointSlice[]).filter(({ metadata }) => metadata.namespace === namespace);
      return slices.flatMap((slice) => {
        const target = portOf(slice, portName);
        if (target === undefined) return [];
        return readyAddresses([slice], name).flatMap(({ address, name: podName }) => {
          const pod = pods.get(`${namespace}/${podName}`) as Pod | undefined;
          return podName !== undefined && pod === undefined ? [] : [endpointOf(address, target, pod, namespace)];
        });
      });
    },
  };
}

/** An unnamed port of a Service is an unnamed (or empty) one of its slices. */
function portOf({ ports = [] }: EndpointSlice, name: string | undefined): number | undefined {
  return ports.find((entry) => (entry.name ?? "") === (name ?? ""))?.port;
}

function endpointOf(ip: string, port: number, pod: Pod | undefined, namespace: string): Endpoint {
  const labels = pod?.metadata.labels ?? {};
  return {
    ip,
    port,
    pod: pod?.metadata.name ?? "",
    namespace,
    deployment: labels[DEPLOYMENT_LABEL],
    templateHash: labels["pod-template-hash"],
    serviceAccount: (pod?.spec as { serviceAccountName?: string } | undefined)?.serviceAccountName || "default",
    zone: "",
    meshed: pod?.spec.containers.some(({ name }) => name === PROXY_CONTAINER) ?? false,
  };
}
