/** The cache of the running controller: stores filled by reflectors. */
import { type KubeObject, keyOf, type ResourceName, type Route } from "../domain/kube.ts";
import type { Cache } from "./cache.ts";
import { WATCHED, type Watched } from "./concerns.ts";
import type { PodWatches } from "./pod-watches.ts";
import type { Stores, WatchedStore } from "./stores.ts";

/** What is not kept in the stores of the watched kinds. */
export type Elsewhere = Pick<Cache, "serves" | "freezesOnChange"> & Pick<PodWatches, "pods" | "release">;

export function createStoreCache(of: Stores["of"], { serves, freezesOnChange, pods, release }: Elsewhere): Cache {
  const store = (resource: ResourceName): WatchedStore | undefined => (isWatched(resource) ? of[resource] : undefined);
  return {
    get: (resource, namespace, name) => store(resource)?.get(`${namespace}/${name}`),
    list: (resource, namespace) => store(resource)?.by("namespace", namespace) ?? [],
    concerning: (resource, kind, namespace, name) => store(resource)?.by("concern", `${kind}/${namespace}/${name}`) ?? [],
    routesOn: (namespace, service) => routesOn(of, `Service/${namespace}/${service}`),
    pods,
    releasePods: release,
    serves,
    freezesOnChange,
    put: (resource, object) => store(resource)?.put(object),
    drop: (resource, namespace, name, uid) => store(resource)?.drop(`${namespace}/${name}`, uid),
  };
}

function routesOn(of: Stores["of"], parent: string): Route[] {
  const routes: KubeObject[] = [...of.httpRoutes.by("concern", parent), ...of.grpcRoutes.by("concern", parent)];
  return routes.sort((a, b) => keyOf(a).localeCompare(keyOf(b))) as Route[];
}

function isWatched(resource: ResourceName): resource is Watched {
  return (WATCHED as readonly ResourceName[]).includes(resource);
}
