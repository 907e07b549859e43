/** The controller's cache, read straight from the model: always fresh. */
import type { Cache } from "../../controller/cache.ts";
import { parentsOfRoute } from "../../controller/concerns.ts";
import { type Pod, RESOURCES, type ResourceName, type Route } from "../../domain/kube.ts";
import type { KubeStore } from "../kube/store.ts";

export function modelCache(store: KubeStore): Cache {
  const serves = (resource: ResourceName) => {
    const { group, version, plural } = RESOURCES[resource];
    return store.kinds.find(group, version, plural) !== undefined;
  };
  const all = (resource: ResourceName) => (serves(resource) ? store.list(RESOURCES[resource]).items : []) as readonly Route[];
  return {
    get: (resource, namespace, name) => (serves(resource) ? store.find(RESOURCES[resource], namespace, name) : undefined),
    list: (resource, namespace) => store.list(RESOURCES[resource], { namespace }).items,
    routesOn: (namespace, service) =>
      [...all("httpRoutes"), ...all("grpcRoutes")].filter((route) => parentsOfRoute(route).includes(`${namespace}/${service}`)),
    pods: (_rollout, namespace, labels) =>
      store.list(RESOURCES.pods, { namespace, labelSelector: { matchLabels: labels } }).items as readonly Pod[],
    releasePods: () => {},
    serves,
    put: () => {},
  };
}
