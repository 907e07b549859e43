/**
 * Who runs what: a controller adopts orphans that its selector matches and lets go of its own that it no longer matches.
 *
 * Only a reference with `controller: true` is a claim; an object whose references are all plain ones is an orphan. Nothing is adopted by or from
 * what is being deleted.
 */
import type { KubeObject, LabelSelector } from "../../../domain/kube.ts";
import { matchesLabels } from "../selectors.ts";
import { controllerOf, controllerReference, isBeingDeleted } from "./objects.ts";
import type { Write } from "./writes.ts";

export interface Claims<T> {
  readonly owned: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

export function claims<T extends KubeObject>(owner: KubeObject, selector: LabelSelector, objects: readonly T[]): Claims<T> {
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of objects) {
    const controller = controllerOf(object);
    const matches = matchesLabels(selector, object.metadata.labels);
    if (controller === undefined) {
      if (matches && !isBeingDeleted(owner) && !isBeingDeleted(object)) {
        adopt.push(object);
      }
    } else if (controller.uid === owner.metadata.uid) {
      if (matches) {
        owned.push(object);
      } else if (!isBeingDeleted(owner)) {
        release.push(object);
      }
    }
  }
  return { owned, adopt, release };
}

/** Merged by uid, so a plain reference to the owner becomes the claim. */
export function adoption(owner: KubeObject, object: KubeObject): Write {
  return claimPatch(object, { ownerReferences: [controllerReference(owner)] });
}

export function releaseOf(owner: KubeObject, object: KubeObject): Write {
  return claimPatch(object, { ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }] });
}

function claimPatch(object: KubeObject, metadata: object): Write {
  return { verb: "patch", object, patch: { type: "strategic", body: { metadata: { ...metadata, uid: object.metadata.uid } } } };
}
