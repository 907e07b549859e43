/**
 * Sizes outside of a roll-out: a change of `spec.replicas`, and whatever a paused Deployment still does.
 *
 * One active set follows the size. With several, a saturated new set (all pods there, annotations up to date) ends the others, which is how an
 * adopted set takes over while the Deployment is paused; otherwise a rolling Deployment resizes all in proportion.
 */
import { type LiveSet, sizeOf } from "../objects.ts";
import { annotated, DESIRED_REPLICAS, differs, numberNote, sizeNotes } from "./annotations.ts";
import { isRolling } from "./limits.ts";
import { allSets, type Pass } from "./pass.ts";
import { proportionalSizes } from "./proportional.ts";
import { active, activeOrLatest } from "./sets.ts";

/** Does an active set still carry the annotation of another size? */
export function isScalingEvent(pass: Pass): boolean {
  const size = sizeOf(pass.deployment);
  return active(allSets(pass)).some((set) => (numberNote(set, DESIRED_REPLICAS) ?? size) !== size);
}

export function scale(pass: Pass): void {
  const { deployment, newSet, oldSets } = pass;
  const alone = activeOrLatest(newSet, oldSets);
  if (alone !== undefined) {
    resize(pass, alone, sizeOf(deployment));
  } else if (newSet !== undefined && isSaturated(pass, newSet)) {
    for (const set of active(oldSets)) {
      resize(pass, set, 0);
    }
  } else if (isRolling(deployment)) {
    for (const { set, size } of proportionalSizes(deployment, allSets(pass))) {
      rewrite(pass, set, size);
    }
  }
}

function isSaturated({ deployment }: Pass, set: LiveSet): boolean {
  const size = sizeOf(deployment);
  return sizeOf(set) === size && numberNote(set, DESIRED_REPLICAS) === size && (set.status?.availableReplicas ?? 0) === size;
}

/** Leaves a set of that size alone, whatever its annotations say. */
export function resize(pass: Pass, set: LiveSet, size: number): boolean {
  if (sizeOf(set) === size) {
    return false;
  }
  rewrite(pass, set, size);
  return true;
}

function rewrite(pass: Pass, set: LiveSet, size: number): void {
  const notes = sizeNotes(pass.deployment);
  if (sizeOf(set) !== size || differs(set, notes)) {
    const object = annotated(set, notes);
    pass.writes.push({ verb: "replace", object: { ...object, spec: { ...object.spec, replicas: size } } });
  }
}
