/** Old, empty sets beyond `revisionHistoryLimit`, lowest revision first. */
import { byAge, isBeingDeleted, type LiveSet, sizeOf } from "../objects.ts";
import { numberNote, REVISION } from "./annotations.ts";
import type { Pass } from "./pass.ts";

const UNLIMITED = 2 ** 31 - 1;

export function dropHistory(pass: Pass): void {
  const limit = pass.deployment.spec.revisionHistoryLimit ?? UNLIMITED;
  const alive = pass.oldSets.filter((set) => !isBeingDeleted(set)).sort(byRevision);
  const surplus = limit === UNLIMITED ? 0 : Math.max(0, alive.length - limit);
  for (const object of alive.slice(0, surplus).filter(isEmpty)) {
    pass.writes.push({ verb: "delete", object });
  }
}

function byRevision(a: LiveSet, b: LiveSet): number {
  return (numberNote(a, REVISION) ?? 0) - (numberNote(b, REVISION) ?? 0) || byAge(a, b);
}

function isEmpty(set: LiveSet): boolean {
  const seen = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
  return seen && sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0;
}
