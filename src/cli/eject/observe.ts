/** Reads what an eject works from: the lists of one namespace, live; for an uninstall those of all. */
import type { Client } from "../../cluster/client.ts";
import {
  ApiError,
  type Deployment,
  type EndpointSlice,
  type KubeObject,
  RESOURCES,
  type ReplicaSet,
  type Resource,
  type Route,
  type Service,
} from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { ROUTE_KINDS } from "../../traffic/index.ts";
import type { EjectObjects } from "./snapshot.ts";

export type Lister = Pick<Client, "list">;

export async function observeForEject(client: Lister, namespace: string, name: string, signal?: AbortSignal): Promise<EjectObjects> {
  return { name, ...(await observeObjects(client, namespace, signal)) };
}

/** `namespace` undefined: of all. */
export async function observeObjects(
  client: Lister,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<Omit<EjectObjects, "name">> {
  const all = async (resource: Resource) => (await client.list(resource, { namespace }, signal)).items;
  const [rollouts, deployments, sets, services, slices, routes] = await Promise.all([
    // A CRD that was removed took its objects with it; a kind of route that is not served has none.
    all(RESOURCES.canaryRollouts).catch(noneIfNotServed),
    all(RESOURCES.deployments),
    all(RESOURCES.replicaSets),
    all(RESOURCES.services),
    all(RESOURCES.endpointSlices),
    Promise.all(Object.values(ROUTE_KINDS).map(({ resource }) => all(resource).catch(noneIfNotServed))),
  ]);
  return {
    rollouts: rollouts as readonly RolloutObject[],
    deployments: deployments as readonly Deployment[],
    sets: sets as readonly ReplicaSet[],
    services: services as readonly Service[],
    slices: slices as readonly EndpointSlice[],
    routes: routes.flat() as readonly KubeObject[] as readonly Route[],
  };
}

function noneIfNotServed(error: unknown): readonly KubeObject[] {
  if (error instanceof ApiError && error.status === 404) return [];
  throw error;
}
