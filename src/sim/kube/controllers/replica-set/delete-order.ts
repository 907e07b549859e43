/**
 * Which pods go first when a ReplicaSet shrinks, as Kubernetes orders them: not placed, not running, not ready, cheap by annotation, crowded on a
 * node, ready for a short time, restarted often, young. Times count by powers of two, and within one power the uid decides, so that the choice is
 * spread and yet the same every time.
 */
import { compareText, conditionOf, isBeingDeleted, isFinished, isReady, type LivePod, timeOf } from "../objects.ts";

const PHASES = ["Pending", "Unknown", "Running"];
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

/** `related`: all pods of the sets that have the same controller. */
export function deleteOrder(pods: readonly LivePod[], related: readonly LivePod[], now: number): readonly LivePod[] {
  const crowd = new Map<string, number>();
  for (const pod of related.filter((other) => !isFinished(other) && !isBeingDeleted(other))) {
    crowd.set(nodeOf(pod), (crowd.get(nodeOf(pod)) ?? 0) + 1);
  }
  const keys: readonly ((pod: LivePod) => number)[] = [
    (pod) => (nodeOf(pod) === "" ? 0 : 1),
    (pod) => PHASES.indexOf(pod.status?.phase ?? "Unknown"),
    (pod) => (isReady(pod) ? 1 : 0),
    costOf,
    (pod) => -(crowd.get(nodeOf(pod)) ?? 0),
  ];
  return [...pods].sort(
    (a, b) => byKeys(a, b, keys) || byTime(a, b, readyAt, now) || restarts(b) - restarts(a) || byTime(a, b, createdAt, now),
  );
}

function byKeys(a: LivePod, b: LivePod, keys: readonly ((pod: LivePod) => number)[]): number {
  const key = keys.find((of) => of(a) !== of(b));
  return key === undefined ? 0 : key(a) - key(b);
}

function byTime(a: LivePod, b: LivePod, time: (pod: LivePod) => number | undefined, now: number): number {
  const [left, right] = [time(a), time(b)];
  if (left === right) {
    return 0;
  }
  if (left === undefined || right === undefined) {
    return left === undefined ? -1 : 1;
  }
  return magnitude(now - left) - magnitude(now - right) || compareText(a.metadata.uid ?? "", b.metadata.uid ?? "");
}

/** Of nanoseconds, which is what Kubernetes counts in. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1;
}

function nodeOf(pod: LivePod): string {
  return pod.spec.nodeName ?? "";
}

function costOf(pod: LivePod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? "0";
  return /^-?\d+$/.test(text) ? Number(text) : 0;
}

function readyAt(pod: LivePod): number | undefined {
  return isReady(pod) ? timeOf(conditionOf(pod.status, "Ready")?.lastTransitionTime) : undefined;
}

function createdAt(pod: LivePod): number | undefined {
  return timeOf(pod.metadata.creationTimestamp);
}

function restarts(pod: LivePod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount ?? 0));
}
