/** One pass over a ReplicaSet: claims its pods, creates or deletes some, tells its status. */
import { RESOURCES } from "../../../../domain/kube.ts";
import { equalJson } from "../../json.ts";
import { StatusError } from "../../status-error.ts";
import type { KubeStore } from "../../store.ts";
import { adoption, claims, releaseOf } from "../claims.ts";
import { podDeleted, podMade, podRefused, type Tell } from "../happenings.ts";
import { controllerOf, isFinished, type LivePod, type LiveSet } from "../objects.ts";
import type { Again } from "../work-queue.ts";
import { carryOut } from "../writes.ts";
import { planSet, podOf, type SetPlan } from "./plan.ts";
import { type Failure, nextAvailableMs, setStatus } from "./status.ts";

/** Refuses a pod by throwing a `StatusError`, as a quota does. */
export type PodAdmission = (set: LiveSet) => void;

interface Surroundings {
  readonly admitPod: PodAdmission;
  readonly tell: Tell;
}

export function passReplicaSet(store: KubeStore, namespace: string, name: string, now: number, around: Surroundings): Again {
  const set = store.find(RESOURCES.replicaSets, namespace, name) as LiveSet | undefined;
  if (set === undefined) {
    return undefined;
  }
  const all = store.list(RESOURCES.pods, { namespace }).items as readonly LivePod[];
  const { owned, adopt, release } = claims(
    set,
    set.spec.selector,
    all.filter((pod) => !isFinished(pod)),
  );
  if (adopt.length + release.length > 0) {
    carryOut(store, [...adopt.map((pod) => adoption(set, pod)), ...release.map((pod) => releaseOf(set, pod))]);
    return undefined;
  }
  const plan = planSet({ set, pods: owned, related: relatedPods(store, set, all), now });
  const failure = manage(store, set, plan, around);
  const status = setStatus(set, plan, failure, now);
  if (!equalJson(status, set.status ?? {})) {
    carryOut(store, [{ verb: "status", object: { ...set, status } }]);
  }
  const afterMs = nextAvailableMs(set, plan, now);
  return failure !== undefined ? "retry" : afterMs === undefined ? undefined : { afterMs };
}

function relatedPods(store: KubeStore, set: LiveSet, pods: readonly LivePod[]): readonly LivePod[] {
  const owner = controllerOf(set)?.uid;
  const sets = owner === undefined ? [set] : store.list(RESOURCES.replicaSets, { namespace: set.metadata.namespace }).items;
  const uids = new Set(sets.filter((other) => other === set || controllerOf(other)?.uid === owner).map((other) => other.metadata.uid));
  return pods.filter((pod) => uids.has(controllerOf(pod)?.uid));
}

function manage(store: KubeStore, set: LiveSet, plan: SetPlan, { admitPod, tell }: Surroundings): Failure | undefined {
  try {
    for (let made = 0; made < plan.create; made += 1) {
      admitPod(set);
      const [made] = carryOut(store, [{ verb: "create", object: podOf(set) }]);
      tell(podMade(set, made?.object.metadata.name ?? ""));
    }
    const deleted = carryOut(
      store,
      plan.remove.map((object) => ({ verb: "delete", object })),
      (_write, error) => (error.status.code === 404 ? "go on" : "end"),
    );
    for (const { object } of deleted) {
      tell(podDeleted(set, object.metadata.name));
    }
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) {
      const reason = plan.create > 0 ? "FailedCreate" : "FailedDelete";
      tell(podRefused(set, reason, error.message));
      return { reason, message: error.message };
    }
    throw error;
  }
}
