/** A ReplicaSet's status from its pods, counted before this pass created or removed any. */
import type { Condition } from "../../../../domain/kube.ts";
import { timestamp } from "../../../../workload/timestamp.ts";
import { conditionOf, isReady, type LivePod, type LiveSet, type SetStatus, timeOf } from "../objects.ts";
import type { SetPlan } from "./plan.ts";

/** Why pods could not be created or removed. */
export interface Failure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export function setStatus(set: LiveSet, { active, terminating }: SetPlan, failure: Failure | undefined, now: number): SetStatus {
  const labels = Object.entries(set.spec.template.metadata?.labels ?? {});
  const counts = {
    fullyLabeledReplicas: active.filter((pod) => labels.every(([name, value]) => pod.metadata.labels?.[name] === value)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, minReadyMs(set), now)).length,
  };
  const conditions = conditionsOf(set, failure, now);
  return {
    replicas: active.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    terminatingReplicas: terminating.length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
}

/** The first failure stays until a pass succeeds. */
function conditionsOf(set: LiveSet, failure: Failure | undefined, now: number): readonly Condition[] {
  const others = (set.status?.conditions ?? []).filter(({ type }) => type !== "ReplicaFailure");
  const known = conditionOf(set.status, "ReplicaFailure");
  if (failure === undefined) {
    return others;
  }
  return [...others, known ?? { type: "ReplicaFailure", status: "True", lastTransitionTime: timestamp(now), ...failure }];
}

function minReadyMs(set: LiveSet): number {
  return (set.spec.minReadySeconds ?? 0) * 1000;
}

function isAvailable(pod: LivePod, readyMs: number, now: number): boolean {
  return isReady(pod) && (readyMs === 0 || readySince(pod) + readyMs <= now);
}

function readySince(pod: LivePod): number {
  return timeOf(conditionOf(pod.status, "Ready")?.lastTransitionTime) ?? Number.POSITIVE_INFINITY;
}

/** When the next ready pod becomes available; undefined where none is on its way. */
export function nextAvailableMs(set: LiveSet, { active }: SetPlan, now: number): number | undefined {
  const waiting = active.filter((pod) => isReady(pod) && !isAvailable(pod, minReadyMs(set), now));
  return waiting.length === 0 ? undefined : Math.min(...waiting.map((pod) => readySince(pod) + minReadyMs(set) - now));
}
