/**
 * The EndpointSlice controller as a function: a Service, the pods that it selects and its slices in, writes out.
 *
 * A Service without endpoints keeps one empty slice. Slices that would go are rewritten before new ones are made, so names last. Unlike the real
 * controller, it doesn't ask for the pods' nodes.
 */
import type { KubeObject } from "../../../../domain/kube.ts";
import { timestamp } from "../../../../workload/timestamp.ts";
import { equalJson } from "../../json.ts";
import { controllerOf, controllerReference, type LivePod, type LiveService } from "../objects.ts";
import type { Write } from "../writes.ts";
import { type Endpoint, type EndpointPort, type Group, groupsOf, portsKey } from "./endpoints.ts";
import { pack } from "./pack.ts";

export const SERVICE_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
export const MANAGED_BY = "endpointslice-controller.k8s.io";
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

export interface LiveSlice extends KubeObject {
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly EndpointPort[] | null;
}

interface Content {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export function reconcileService(
  service: LiveService,
  pods: readonly LivePod[],
  slices: readonly LiveSlice[],
  now: number,
): readonly Write[] {
  const groups = groupsOf(service, pods);
  const { change, drop, make } = compared(groups, slices);
  const placeholder = drop.length === slices.length && make.length === 0;
  if (placeholder && drop.length === 1 && drop[0] !== undefined && isPlaceholder(drop[0])) {
    return relabelled(service, drop, now);
  }
  const made = placeholder ? [{ ports: [], endpoints: [] }] : make;
  const reused = drop.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid).slice(0, made.length);
  const changes = [...change, ...reused.map((slice, index) => ({ slice, content: made[index] as Content }))];
  const untouched = slices.filter((slice) => !drop.includes(slice) && !changes.some((other) => other.slice === slice));
  return [
    ...changes.map(({ slice, content }): Write => ({ verb: "replace", object: sliceWith(service, slice, content, now) })),
    ...relabelled(service, untouched, now),
    ...made.slice(reused.length).map((content): Write => ({ verb: "create", object: newSlice(service, content, now) })),
    ...drop.filter((slice) => !reused.includes(slice)).map((object): Write => ({ verb: "delete", object })),
  ];
}

function isPlaceholder(slice: LiveSlice): boolean {
  return (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0;
}

function compared(groups: readonly Group[], slices: readonly LiveSlice[]) {
  const keys = new Set(groups.map(({ ports }) => portsKey(ports)));
  const change: { slice: LiveSlice; content: Content }[] = [];
  const make: Content[] = [];
  const drop = slices.filter((slice) => !keys.has(portsKey(slice.ports)));
  for (const { ports, endpoints } of groups) {
    const mine = slices.filter((slice) => portsKey(slice.ports) === portsKey(ports));
    const packed = pack(
      mine.map((slice) => ({ slice, endpoints: slice.endpoints ?? [] })),
      endpoints,
    );
    change.push(...packed.change.map((slot) => ({ slice: slot.slice, content: { ports, endpoints: slot.endpoints } })));
    make.push(...packed.make.map((part) => ({ ports, endpoints: part })));
    drop.push(...packed.drop);
  }
  return { change, make, drop };
}

/** Those whose labels are not the Service's any more. */
function relabelled(service: LiveService, slices: readonly LiveSlice[], now: number): readonly Write[] {
  return slices
    .filter((slice) => !equalJson(slice.metadata.labels ?? {}, labelsOf(service)))
    .map((slice) => ({
      verb: "replace",
      object: sliceWith(service, slice, { ports: slice.ports ?? [], endpoints: slice.endpoints ?? [] }, now),
    }));
}

function sliceWith(service: LiveService, slice: LiveSlice, content: Content, now: number): LiveSlice {
  const annotations = { ...slice.metadata.annotations, [TRIGGER_TIME]: timestamp(now) };
  return { ...slice, metadata: { ...slice.metadata, labels: labelsOf(service), annotations }, ...listsOf(content) };
}

function newSlice(service: LiveService, content: Content, now: number): KubeObject {
  const { name, namespace = "" } = service.metadata;
  const metadata = {
    generateName: `${name}-`,
    namespace,
    labels: labelsOf(service),
    annotations: { [TRIGGER_TIME]: timestamp(now) },
    ownerReferences: [controllerReference(service)],
  };
  // The server makes the name.
  const named = metadata as unknown as KubeObject["metadata"];
  return { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: named, addressType: "IPv4", ...listsOf(content) };
}

/** Go writes an empty list as null. */
function listsOf({ ports, endpoints }: Content) {
  return { endpoints: endpoints.length > 0 ? endpoints : null, ports: ports.length > 0 ? ports : null };
}

function labelsOf({ metadata, spec }: LiveService): Readonly<Record<string, string>> {
  return {
    ...metadata.labels,
    ...(spec.clusterIP === "None" && { [HEADLESS_LABEL]: "" }),
    [MANAGED_BY_LABEL]: MANAGED_BY,
    [SERVICE_LABEL]: metadata.name,
  };
}
