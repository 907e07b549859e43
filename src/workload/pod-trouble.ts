/**
 * Why pods don't become ready, in the words of whoever stopped them: the quota, the scheduler or the kubelet. For
 * `status.message`, not for conditions: such sentences hold names and times.
 */
import type { Condition, ContainerStatus, Pod, ReplicaSet } from "../domain/kube.ts";
import { podsOf } from "./sets.ts";

/** Waiting for these is how every pod starts. */
const ORDINARY = new Set(["ContainerCreating", "PodInitializing"]);

/** `pods` may hold others; only the set's own count. */
export function podTrouble(pods: readonly Pod[], set: ReplicaSet): string | undefined {
  const own = podsOf(set, pods).filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return refusedPods(set) ?? first(own, waitingContainer) ?? first(own, unschedulable) ?? first(own, endedContainer) ?? first(own, unready);
}

/** The set could not create its pods: quota, admission, limits. */
function refusedPods(set: ReplicaSet): string | undefined {
  const failure = conditionOf(set.status?.conditions, "ReplicaFailure");
  return failure?.status === "True" ? sentence(failure.reason, failure.message) : undefined;
}

function waitingContainer(pod: Pod): string | undefined {
  const found = containersOf(pod).find(({ state }) => state?.waiting?.reason !== undefined && !ORDINARY.has(state.waiting.reason));
  const waiting = found?.state?.waiting;
  return waiting && `container ${found.name}: ${sentence(waiting.reason, waiting.message)}`;
}

function unschedulable(pod: Pod): string | undefined {
  const scheduled = conditionOf(pod.status?.conditions, "PodScheduled");
  return scheduled?.status === "False" ? sentence(scheduled.reason, scheduled.message) : undefined;
}

function endedContainer(pod: Pod): string | undefined {
  const found = containersOf(pod).find(({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0);
  const ended = found?.state?.terminated;
  return ended && `container ${found.name}: ${sentence(ended.reason, ended.message)} (exit code ${ended.exitCode})`;
}

function unready(pod: Pod): string | undefined {
  const ready = conditionOf(pod.status?.conditions, "Ready");
  return ready?.status === "False" && ready.message ? sentence(ready.reason, ready.message) : undefined;
}

function containersOf(pod: Pod): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function sentence(reason: string | undefined, message: string | undefined): string {
  return [reason, message].filter(Boolean).join(": ");
}

function first(pods: readonly Pod[], trouble: (pod: Pod) => string | undefined): string | undefined {
  for (const pod of pods) {
    const found = trouble(pod);
    if (found !== undefined) return found;
  }
  return undefined;
}
