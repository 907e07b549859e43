/** One pass over a Deployment: reads it and its sets, claims them, carries the plan out. */
import { RESOURCES } from "../../../../domain/kube.ts";
import type { StatusError } from "../../status-error.ts";
import type { KubeStore } from "../../store.ts";
import { adoption, claims, releaseOf } from "../claims.ts";
import { scalings, type Tell } from "../happenings.ts";
import { controllerOf, type LiveDeployment, type LivePod, type LiveSet } from "../objects.ts";
import type { Again } from "../work-queue.ts";
import { carryOut, type Write } from "../writes.ts";
import { reconcileDeployment } from "./reconcile.ts";
import { afterRefusedSet, isAlreadyOurs } from "./refused-set.ts";

export function passDeployment(store: KubeStore, namespace: string, name: string, now: number, tell: Tell): Again {
  const deployment = store.find(RESOURCES.deployments, namespace, name) as LiveDeployment | undefined;
  if (deployment === undefined || Object.keys(deployment.spec.selector).length === 0) {
    return undefined;
  }
  const { owned, adopt, release } = claims(deployment, deployment.spec.selector, setsIn(store, namespace));
  if (adopt.length + release.length > 0) {
    // What was claimed is known only as it was before; the change of it leads to the next pass.
    carryOut(store, [...adopt.map((set) => adoption(deployment, set)), ...release.map((set) => releaseOf(deployment, set))]);
    return undefined;
  }
  const pods = deployment.spec.strategy?.type === "Recreate" ? podsOf(store, namespace, owned) : [];
  const plan = reconcileDeployment({ deployment, sets: owned, pods, now });
  const done = carryOut(store, plan.writes, (write, error) => refusedSet(store, write, error, now));
  for (const happening of scalings(deployment, owned, done)) {
    tell(happening);
  }
  return plan.again;
}

function setsIn(store: KubeStore, namespace: string): readonly LiveSet[] {
  return store.list(RESOURCES.replicaSets, { namespace }).items as readonly LiveSet[];
}

function podsOf(store: KubeStore, namespace: string, sets: readonly LiveSet[]): readonly LivePod[] {
  const uids = new Set(sets.map((set) => set.metadata.uid));
  const pods = store.list(RESOURCES.pods, { namespace }).items as readonly LivePod[];
  return pods.filter((pod) => uids.has(controllerOf(pod)?.uid));
}

function refusedSet(store: KubeStore, write: Write, error: StatusError, now: number): "go on" | "end" {
  if (write.verb !== "create") {
    return "end";
  }
  const set = write.object as LiveSet;
  const { namespace = "", name } = set.metadata;
  const owner = controllerOf(set)?.name ?? "";
  const deployment = store.get(RESOURCES.deployments, namespace, owner) as LiveDeployment;
  const found = store.find(RESOURCES.replicaSets, namespace, name) as LiveSet | undefined;
  if (isAlreadyOurs(deployment, found, error)) {
    return "go on";
  }
  const object = afterRefusedSet(deployment, set, error, now);
  carryOut(store, object === deployment ? [] : [{ verb: "status", object }]);
  return "end";
}
