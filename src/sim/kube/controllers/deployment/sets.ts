/** The ReplicaSets of a Deployment: which one is the new, which are active, and their sums. */
import type { Deployment, PodTemplate } from "../../../../domain/kube.ts";
import { equalJson } from "../../json.ts";
import { byAge, compareText, type LiveSet, sizeOf } from "../objects.ts";

export const HASH_LABEL = "pod-template-hash";

/** The oldest whose template is the Deployment's: adopted sets may give it more than one. */
export function findNewSet(deployment: Deployment, sets: readonly LiveSet[]): LiveSet | undefined {
  return [...sets].sort(byAge).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** Equal but for the hash; a missing map is an empty one. */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return equalJson(comparable(a), comparable(b));
}

function comparable(template: PodTemplate): object {
  const { labels = {}, annotations = {}, ...metadata } = template.metadata ?? {};
  const { [HASH_LABEL]: _hash, ...others } = labels;
  return { ...template, metadata: { ...metadata, labels: others, annotations } };
}

export function active(sets: readonly LiveSet[]): LiveSet[] {
  return sets.filter((set) => sizeOf(set) > 0);
}

/** The set that a change of size concerns alone: the only active one; where none is, the new or else the youngest. */
export function activeOrLatest(newSet: LiveSet | undefined, oldSets: readonly LiveSet[]): LiveSet | undefined {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const running = active(all);
  if (running.length === 0) {
    return newSet ?? [...oldSets].sort(byAge).at(-1);
  }
  return running.length === 1 ? running[0] : undefined;
}

export type Count = "replicas" | "readyReplicas" | "availableReplicas";

export function statusSum(sets: readonly LiveSet[], count: Count): number {
  return sets.reduce((sum, set) => sum + (set.status?.[count] ?? 0), 0);
}

export function sizeSum(sets: readonly LiveSet[]): number {
  return sets.reduce((sum, set) => sum + sizeOf(set), 0);
}

/** undefined: a set that was looked at doesn't tell. */
export function terminatingSum(sets: readonly LiveSet[]): number | undefined {
  const counted = sets.filter(({ status }) => (status?.observedGeneration ?? 0) > 0 || status?.terminatingReplicas !== undefined);
  return counted.reduce<number | undefined>((sum, { status }) => {
    const own = status?.terminatingReplicas;
    return sum === undefined || own === undefined ? undefined : sum + own;
  }, 0);
}

/** Largest first; of equal ones the older, or the newer where `direction` is up. */
export function bySize(direction: "up" | "down"): (a: LiveSet, b: LiveSet) => number {
  return (a, b) => sizeOf(b) - sizeOf(a) || (direction === "up" ? youngerFirst(a, b) : byAge(a, b));
}

function youngerFirst(a: LiveSet, b: LiveSet): number {
  const [left, right] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  return compareText(right, left) || compareText(a.metadata.name, b.metadata.name);
}
