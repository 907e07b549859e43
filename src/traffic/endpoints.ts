/** Who answers behind a Service, read from its EndpointSlices: by address and by the pod's uid, never by count alone. */
import type { EndpointSlice, Pod } from "../domain/kube.ts";

/** What the EndpointSlice controller names its Service by. */
export const SERVICE_NAME = "kubernetes.io/service-name";

export interface ReadyAddress {
  readonly address: string;
  /** Of the pod behind it; undefined for an endpoint that is no pod. */
  readonly uid: string | undefined;
  readonly name: string | undefined;
}

/** Each ready endpoint of a Service once, however many slices name it. `slices` are those of the Service's namespace. */
export function readyAddresses(slices: readonly EndpointSlice[], service: string): ReadyAddress[] {
  const found = new Map<string, ReadyAddress>();
  for (const slice of slices) {
    if (slice.metadata.labels?.[SERVICE_NAME] !== service) continue;
    for (const { addresses, targetRef } of (slice.endpoints ?? []).filter(isAnswering)) {
      const address = addresses[0] ?? "";
      found.set(targetRef?.uid ?? address, { address, uid: targetRef?.uid, name: targetRef?.name });
    }
  }
  return [...found.values()];
}

export function isAnswering({ addresses, conditions }: NonNullable<EndpointSlice["endpoints"]>[number]): boolean {
  return addresses.length > 0 && conditions?.ready !== false && conditions?.terminating !== true;
}

/** Those that belong to one of these pods. */
export function addressesOf(addresses: readonly ReadyAddress[], pods: readonly Pod[]): ReadyAddress[] {
  const uids = new Set(pods.map((pod) => pod.metadata.uid));
  return addresses.filter(({ uid }) => uid !== undefined && uids.has(uid));
}

/** Those that belong to none of these pods. */
export function strangersTo(addresses: readonly ReadyAddress[], pods: readonly Pod[]): ReadyAddress[] {
  const own = new Set(addressesOf(addresses, pods));
  return addresses.filter((address) => !own.has(address));
}
