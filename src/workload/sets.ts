/**
 * Readers over a Deployment, its ReplicaSets and their pods. Lists may hold other objects of the namespace: each reader
 * picks its own. Marks are read from the trial only where Serin itself wrote them.
 */
import { isMarked, POD_TEMPLATE_HASH, ROLE } from "../api/marks.ts";
import type { Deployment, KubeObject, Pod, PodTemplate, ReplicaSet } from "../domain/kube.ts";
import { hashOf, selectorMatches } from "./selector.ts";
import { replicasOf } from "./size.ts";
import { sameTemplate } from "./template.ts";

/** The sets that the Deployment controls, oldest first. A trial is not among them before its hand-over. */
export function controlledSets(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => controllerUid(set) === deployment.metadata.uid).sort(byAge);
}

export function activeSets(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

/** Nothing is left to roll: one active set, the template's own, with every pod updated and available. */
export function isComplete(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  const { status, metadata } = deployment;
  const n = replicasOf(deployment);
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
  if (counts.some((count) => (count ?? 0) !== n)) return false;
  const current = newSetOf(deployment, sets);
  const active = activeSets(controlledSets(deployment, sets));
  if (current === undefined) return false;
  return n === 0 ? active.length === 0 : active.length === 1 && active[0] === current;
}

/** The set that Kubernetes takes for the Deployment's template: the oldest whose template is equal. */
export function newSetOf(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return controlledSets(deployment, sets).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

const REVISION = "deployment.kubernetes.io/revision";

/** By Kubernetes' own number: the one that it ran last. */
export function newestOf(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const numbered = sets.map((set) => [Number(set.metadata.annotations?.[REVISION] ?? 0), set] as const);
  return numbered.sort(([a], [b]) => a - b).at(-1)?.[1];
}

/** Every trial of a rollout that was not handed over, oldest first. */
export function trialsOf(rolloutName: string, sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => isMarked(set.metadata.labels, rolloutName, "trial")).sort(byAge);
}

/**
 * The trial of a revision (without one: the newest). After the hand-over Serin's labels are gone; it is then the set of
 * this Deployment whose own label names the revision.
 */
export function trialOf(
  rolloutName: string,
  sets: readonly ReplicaSet[],
  revision?: string,
  deployment?: Deployment,
): ReplicaSet | undefined {
  const trials = trialsOf(rolloutName, sets);
  if (revision === undefined) return trials.at(-1);
  const trial = trials.find((set) => hashOf(set) === revision);
  return trial ?? sets.find((set) => set.metadata.labels?.[POD_TEMPLATE_HASH] === revision && isOwned(set, deployment));
}

/** The hand-over patch was written: Kubernetes has adopted the set or is about to. The point of no return. */
export function isHandedOver(deployment: Deployment, set: ReplicaSet): boolean {
  if (set.metadata.labels?.[ROLE] !== undefined || !isOwned(set, deployment)) return false;
  return selectorMatches(deployment.spec.selector, set.metadata.labels);
}

/** Kubernetes' answer to the hand-over patch: the Deployment controls the set. */
export function isAdopted(deployment: Deployment, set: ReplicaSet): boolean {
  return controllerUid(set) === deployment.metadata.uid;
}

/**
 * Empty sets that Kubernetes would take for the new one instead of the trial, being older. One that is still emptying
 * is left for the next look. To be asked before a trial is created and before it is handed over, not after.
 */
export function emptyTwins(deployment: Deployment, sets: readonly ReplicaSet[], template: PodTemplate): ReplicaSet[] {
  return controlledSets(deployment, sets).filter((set) => isEmptied(set) && sameTemplate(set.spec.template, template));
}

export function isEmptied(set: ReplicaSet): boolean {
  return replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0;
}

export function podsOf(set: ReplicaSet, pods: readonly Pod[]): Pod[] {
  return pods.filter((pod) => controllerUid(pod) !== undefined && controllerUid(pod) === set.metadata.uid);
}

/** Ready and not on their way out. */
export function readyPods(pods: readonly Pod[]): Pod[] {
  return pods.filter(isReady);
}

/** Pods of the set that were ready for its minReadySeconds; what is above its size is on its way out. */
export function availableCount(set: ReplicaSet | undefined): number {
  return set === undefined ? 0 : Math.min(set.status?.availableReplicas ?? 0, replicasOf(set));
}

/** One that is on its way out is not. */
export function isReady(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

function isOwned(set: ReplicaSet, deployment: Deployment | undefined): boolean {
  const owners = set.metadata.ownerReferences ?? [];
  return owners.some(({ kind, uid }) => kind === "Deployment" && (deployment === undefined || uid === deployment.metadata.uid));
}

function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

/** As Kubernetes sorts: by creation, equal seconds by name. */
function byAge(a: KubeObject, b: KubeObject): number {
  const [first, second] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (first !== second) return first < second ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
