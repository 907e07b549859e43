/** What a ReplicaSet's pods want: more of them, fewer, or nothing. Finished pods and those on their way out don't count. */
import type { KubeObject } from "../../../../domain/kube.ts";
import { controllerReference, isBeingDeleted, isFinished, type LivePod, type LiveSet, sizeOf } from "../objects.ts";
import { deleteOrder } from "./delete-order.ts";

const MOST_AT_ONCE = 500;

export interface SetInput {
  readonly set: LiveSet;
  /** Those that it owns, whatever their state. */
  readonly pods: readonly LivePod[];
  /** Pods of all sets with the same controller, these too. */
  readonly related: readonly LivePod[];
  readonly now: number;
}

export interface SetPlan {
  readonly active: readonly LivePod[];
  readonly terminating: readonly LivePod[];
  readonly create: number;
  readonly remove: readonly LivePod[];
}

export function planSet({ set, pods, related, now }: SetInput): SetPlan {
  const running = pods.filter((pod) => !isFinished(pod));
  const active = running.filter((pod) => !isBeingDeleted(pod));
  const terminating = running.filter(isBeingDeleted);
  const missing = isBeingDeleted(set) ? 0 : sizeOf(set) - active.length;
  return {
    active,
    terminating,
    create: Math.min(MOST_AT_ONCE, Math.max(0, missing)),
    remove: missing < 0 ? deleteOrder(active, related, now).slice(0, Math.min(MOST_AT_ONCE, -missing)) : [],
  };
}

export function podOf(set: LiveSet): KubeObject {
  const { name, namespace = "" } = set.metadata;
  const { metadata, spec } = set.spec.template;
  const owned = { ...metadata, generateName: `${name}-`, namespace, ownerReferences: [controllerReference(set)] };
  // The server makes the name.
  return { apiVersion: "v1", kind: "Pod", metadata: owned as unknown as KubeObject["metadata"], spec };
}
