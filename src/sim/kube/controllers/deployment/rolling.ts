/** The sizes of one step of a rolling update: the new set grows into the surge, the old ones shrink as far as availability allows. */
import { byAge, type LiveDeployment, type LiveSet, sizeOf } from "../objects.ts";
import { isRolling, limitsOf } from "./limits.ts";
import type { Resize } from "./proportional.ts";
import { active, sizeSum, statusSum } from "./sets.ts";

/** How large the new set should be, given all sets, it among them unless it is yet to be made. */
export function newSetSize(deployment: LiveDeployment, sets: readonly LiveSet[], current: number): number {
  const size = sizeOf(deployment);
  if (current >= size || !isRolling(deployment)) {
    return size;
  }
  const room = size + limitsOf(deployment).maxSurge - sizeSum(sets);
  return room <= 0 ? current : current + Math.min(room, size - current);
}

/** Unhealthy pods of old sets go first: they take no availability with them. */
export function oldSetSizes(deployment: LiveDeployment, newSet: LiveSet, oldSets: readonly LiveSet[]): readonly Resize[] {
  const old = active(oldSets).sort(byAge);
  const minAvailable = sizeOf(deployment) - limitsOf(deployment).maxUnavailable;
  const notYetAvailable = sizeOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const surplus = sizeSum([...old, newSet]) - minAvailable - notYetAvailable;
  if (old.length === 0 || surplus <= 0 || old.some(statusLags)) {
    return [];
  }
  const unhealthy = taken(old, surplus, (set) => sizeOf(set) - (set.status?.availableReplicas ?? 0));
  const spare = statusSum([...old, newSet], "availableReplicas") - minAvailable;
  const left = old.map((set) => ({ set, size: sizeOf(set) - (unhealthy.get(set) ?? 0) }));
  const healthy = taken(old, spare, (set) => left.find((other) => other.set === set)?.size ?? 0);
  return left.map(({ set, size }) => ({ set, size: size - (healthy.get(set) ?? 0) })).filter(({ set, size }) => size !== sizeOf(set));
}

/** It was made smaller a moment ago: what its status calls available is not all there to count on. */
function statusLags(set: LiveSet): boolean {
  return (set.status?.availableReplicas ?? 0) > sizeOf(set);
}

/** `most` in all, oldest sets first, from each no more than it offers. */
function taken(sets: readonly LiveSet[], most: number, offered: (set: LiveSet) => number): ReadonlyMap<LiveSet, number> {
  const result = new Map<LiveSet, number>();
  let rest = Math.max(0, most);
  for (const set of sets) {
    const count = Math.min(rest, offered(set));
    result.set(set, count);
    rest -= count;
  }
  return result;
}
