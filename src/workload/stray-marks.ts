/**
 * Kubernetes copies a Deployment's annotations to its sets and never removes them there, and `kubectl rollout undo` replaces the
 * Deployment's by a set's: an old mark would freeze the Deployment, or hold it paused, with nobody there. So whoever leaves takes Serin's
 * marks off the sets too. Not while the Deployment is adopted, when Kubernetes would copy them again.
 */
import { DEPLOYMENT_MARKS, ROLLOUT } from "../api/marks.ts";
import type { Deployment, ReplicaSet } from "../domain/kube.ts";
import { controlledSets } from "./sets.ts";

export interface Stray {
  readonly set: ReplicaSet;
  readonly patch: { readonly metadata: { readonly annotations: Readonly<Record<string, null>> } };
}

export function strayMarks(deployment: Deployment, sets: readonly ReplicaSet[]): readonly Stray[] {
  const { annotations: own = {} } = deployment.metadata;
  if (own[ROLLOUT] !== undefined) return [];
  return controlledSets(deployment, sets).flatMap((set): readonly Stray[] => {
    const strays = DEPLOYMENT_MARKS.filter((mark) => own[mark] === undefined && set.metadata.annotations?.[mark] !== undefined);
    if (strays.length === 0) return [];
    return [{ set, patch: { metadata: { annotations: Object.fromEntries(strays.map((mark) => [mark, null])) } } }];
  });
}
