/**
 * A Deployment without pods: whatever scales it up starts the newest of its empty sets, unless one is the template's own. So
 * that stable is the newest, the others that are newer go.
 */
import { RESOURCES } from "../domain/kube.ts";
import { hashOf } from "../workload/selector.ts";
import { controlledSets, isEmptied } from "../workload/sets.ts";
import type { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";
import type { Action } from "./types.ts";
import { deleteAction } from "./writes.ts";

export function asleep(scene: Scene, draft: Draft): Draft {
  const newer = newerEmptySets(scene);
  return newer.length === 0 ? draft : { ...draft, raise: [...(draft.raise ?? []), ...newer] };
}

function newerEmptySets({ o, stable, replicas, open, adopted }: Scene): readonly Action[] {
  if (o.deployment === undefined || stable === undefined || replicas > 0 || (open && adopted !== undefined)) {
    return [];
  }
  const sets = controlledSets(o.deployment, o.sets);
  return sets
    .slice(sets.indexOf(stable) + 1)
    .filter(isEmptied)
    .map((set) => deleteAction(RESOURCES.replicaSets, set, `newer than stable and empty: a scale-up would start ${hashOf(set)}`));
}
