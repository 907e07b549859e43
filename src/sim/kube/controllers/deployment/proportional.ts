/**
 * A change of size in the middle of a roll-out: what is added or taken is spread over the active sets in proportion to their sizes, so that the
 * roll-out goes neither faster nor slower. What rounding leaves goes to, or comes from, the largest set: all of it, which is how a set that was just
 * adopted at full size loses its pods when the Deployment shrinks at that moment.
 */
import { type LiveDeployment, type LiveSet, sizeOf } from "../objects.ts";
import { MAX_REPLICAS, numberNote } from "./annotations.ts";
import { limitsOf } from "./limits.ts";
import { active, bySize, sizeSum } from "./sets.ts";

export interface Resize {
  readonly set: LiveSet;
  readonly size: number;
}

export function proportionalSizes(deployment: LiveDeployment, sets: readonly LiveSet[]): readonly Resize[] {
  const size = sizeOf(deployment);
  const allowed = size > 0 ? size + limitsOf(deployment).maxSurge : 0;
  const total = allowed - sizeSum(active(sets));
  const ordered = total === 0 ? active(sets) : active(sets).sort(bySize(total > 0 ? "up" : "down"));
  let added = 0;
  const resizes = ordered.map((set) => {
    const change = clamped(fraction(deployment, set), total, added);
    added += change;
    return { set, size: sizeOf(set) + change };
  });
  return resizes.map((resize, index) => (index === 0 ? { ...resize, size: Math.max(0, resize.size + total - added) } : resize));
}

function clamped(wanted: number, total: number, added: number): number {
  if (total === 0 || total === added) {
    return 0;
  }
  return total > 0 ? Math.min(wanted, total - added) : Math.max(wanted, total - added);
}

/** The set's share of the change, seen from the size that the whole had when the set was last sized. */
function fraction(deployment: LiveDeployment, set: LiveSet): number {
  const size = sizeOf(deployment);
  if (size === 0) {
    return -sizeOf(set);
  }
  const before = numberNote(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) {
    return 0;
  }
  return Math.round((sizeOf(set) * (size + limitsOf(deployment).maxSurge)) / before) - sizeOf(set);
}
