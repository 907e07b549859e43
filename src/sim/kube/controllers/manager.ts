/**
 * The stand-in of kube-controller-manager: Deployments, ReplicaSets, EndpointSlices and the garbage collector, each with a work queue, driven by the
 * store's changes.
 *
 * Level-triggered and, on a virtual clock, deterministic: passes run on the clock's timers, `latencyMs` after the change that calls for them.
 */
import type { Clock } from "../../../domain/clock.ts";
import { type KubeObject, keyOf, RESOURCES } from "../../../domain/kube.ts";
import { createGarbageCollector } from "../gc.ts";
import { matchesLabels } from "../selectors.ts";
import type { Change, KubeStore } from "../store.ts";
import { passDeployment } from "./deployment/controller.ts";
import { passService, selects } from "./endpoint-slice/controller.ts";
import { SERVICE_LABEL } from "./endpoint-slice/reconcile.ts";
import type { Tell } from "./happenings.ts";
import { splitKey } from "./keys.ts";
import { controllerOf, type LiveDeployment, type LiveService, type LiveSet } from "./objects.ts";
import { type PodAdmission, passReplicaSet } from "./replica-set/controller.ts";
import { type Again, createWorkQueue } from "./work-queue.ts";

export interface ControllerManagerOptions {
  readonly store: KubeStore;
  readonly clock: Clock;
  readonly latencyMs?: number;
  /** Between an event and the garbage collector's pass, which looks at every object there is. Default: `latencyMs`. */
  readonly collectAfterMs?: number;
  readonly admitPod?: PodAdmission;
  /** Told of what they did. Default: nobody. */
  readonly tell?: Tell;
}

export interface ControllerManager {
  close(): void;
}

export function createControllerManager({
  store,
  clock,
  latencyMs = 5,
  collectAfterMs = latencyMs,
  admitPod = () => {},
  tell = () => {},
}: ControllerManagerOptions): ControllerManager {
  const queueOf = (pass: (namespace: string, name: string) => Again) =>
    createWorkQueue({ clock, latencyMs, pass: (key) => pass(...splitKey(key)) });
  const queues = {
    deployments: queueOf((namespace, name) => passDeployment(store, namespace, name, clock.now(), tell)),
    sets: queueOf((namespace, name) => passReplicaSet(store, namespace, name, clock.now(), { admitPod, tell })),
    services: queueOf((namespace, name) => passService(store, namespace, name, clock.now())),
  };
  const collector = createGarbageCollector(store);
  const collection = createWorkQueue({ clock, latencyMs: collectAfterMs, pass: () => void collector.run() });
  const wake = (resource: string, object: KubeObject) => {
    for (const { queue, key } of concerned(store, resource, object)) {
      queues[queue].add(key);
    }
  };
  const unsubscribe = store.subscribe(({ resource, object, previous }: Change) => {
    wake(resource.plural, object);
    if (previous !== undefined) {
      wake(resource.plural, previous);
    }
    if (collector.pending()) {
      collection.add("all");
    }
  });
  const wakeAll = () => {
    for (const resource of [RESOURCES.deployments, RESOURCES.replicaSets, RESOURCES.services]) {
      for (const object of store.list(resource).items) {
        wake(resource.plural, object);
      }
    }
    collection.add("all");
  };
  const forget = store.onRewind(wakeAll);
  wakeAll();
  return {
    close() {
      unsubscribe();
      forget();
      collector.stop();
      for (const queue of [...Object.values(queues), collection]) {
        queue.close();
      }
    },
  };
}

interface Concern {
  readonly queue: "deployments" | "sets" | "services";
  readonly key: string;
}

/** Who has to look because of this object. */
function concerned(store: KubeStore, plural: string, object: KubeObject): readonly Concern[] {
  switch (plural) {
    case "deployments":
      return [{ queue: "deployments", key: keyOf(object) }];
    case "replicasets":
      return [{ queue: "sets", key: keyOf(object) }, ...runners(store, "deployments", "Deployment", object)];
    case "pods":
      return [...runners(store, "sets", "ReplicaSet", object), ...recreating(store, object), ...selecting(store, object)];
    case "services":
      return [{ queue: "services", key: keyOf(object) }];
    case "endpointslices": {
      const service = object.metadata.labels?.[SERVICE_LABEL];
      return service === undefined ? [] : [sibling("services", object, service)];
    }
    default:
      return [];
  }
}

function sibling(queue: Concern["queue"], object: KubeObject, name: string): Concern {
  return { queue, key: `${object.metadata.namespace ?? ""}/${name}` };
}

/** Its controller; for an orphan all whose selector it matches. */
function runners(store: KubeStore, queue: "deployments" | "sets", kind: string, object: KubeObject): readonly Concern[] {
  const controller = controllerOf(object);
  if (controller !== undefined) {
    return controller.kind === kind ? [sibling(queue, object, controller.name)] : [];
  }
  const resource = queue === "deployments" ? RESOURCES.deployments : RESOURCES.replicaSets;
  const all = store.list(resource, { namespace: object.metadata.namespace }).items as readonly (LiveDeployment | LiveSet)[];
  return all.filter((owner) => matchesLabels(owner.spec.selector, object.metadata.labels)).map((owner) => ({ queue, key: keyOf(owner) }));
}

/** Deployments that wait for the last old pod to go. */
function recreating(store: KubeStore, pod: KubeObject): readonly Concern[] {
  const namespace = pod.metadata.namespace ?? "";
  const set = store.find(RESOURCES.replicaSets, namespace, controllerOf(pod)?.name ?? "");
  const owner = set === undefined ? undefined : controllerOf(set);
  const deployment = store.find(RESOURCES.deployments, namespace, owner?.name ?? "") as LiveDeployment | undefined;
  return deployment?.spec.strategy?.type === "Recreate" ? [{ queue: "deployments", key: keyOf(deployment) }] : [];
}

function selecting(store: KubeStore, pod: KubeObject): readonly Concern[] {
  const services = store.list(RESOURCES.services, { namespace: pod.metadata.namespace }).items as readonly LiveService[];
  return services
    .filter((service) => selects(service) && matchesLabels({ matchLabels: service.spec.selector ?? {} }, pod.metadata.labels))
    .map((service) => ({ queue: "services", key: keyOf(service) }));
}
