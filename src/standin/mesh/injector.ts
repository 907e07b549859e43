/** Admission of pods as the mesh's injector does it, in front of a store: what controllers and clients create passes through it. */
import { type KubeObject, type Pod, RESOURCES } from "../../domain/kube.ts";
import type { KubeStore } from "../../sim/kube/store.ts";
import { injectProxy, wantsProxy } from "../../sim/mesh/inject.ts";

export function withInjector(store: KubeStore): KubeStore {
  return {
    ...store,
    create(resource, namespace, object, options) {
      const isPod = resource.plural === RESOURCES.pods.plural && resource.group === "";
      const injected = isPod && wantsProxy(object) ? injectProxy(object as Pod, deploymentOf(store, namespace, object)) : object;
      return store.create(resource, namespace, injected, options);
    },
  };
}

/** The owner's owner: the first and only one counts, whether it controls or not. */
function deploymentOf(store: KubeStore, namespace: string, pod: KubeObject): string | undefined {
  const set = pod.metadata.ownerReferences?.[0];
  if (set?.kind !== "ReplicaSet") return undefined;
  const owner = store.find(RESOURCES.replicaSets, namespace, set.name)?.metadata.ownerReferences?.[0];
  return owner?.kind === "Deployment" ? owner.name : undefined;
}
