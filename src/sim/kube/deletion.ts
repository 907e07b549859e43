/** DELETE: preconditions, propagation policies as finalizers, grace periods, and what happens at once. */
import type { KubeObject } from "../../domain/kube.ts";
import { child, type Json, listOf, thaw } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { preconditionFailed } from "./status-error.ts";
import type { Deletion, DeletionOptions } from "./store.ts";
import { secondsText } from "./time.ts";
import { toStored, view } from "./view.ts";
import type { World } from "./writer.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

export function deletedOrMarked(world: World, kind: Kind, current: KubeObject, options: DeletionOptions): Deletion {
  const { tables, kinds, now } = world;
  checkPreconditions(kind, current, options);
  const next = thaw(current as Json);
  const meta = child(next, "metadata");
  const finalizers = finalizersAfter(listOf(meta["finalizers"]).map(String), options.propagation);
  if (finalizers.length > 0) {
    meta["finalizers"] = finalizers;
  } else {
    delete meta["finalizers"];
  }
  const grace = kind.rules.graceSeconds?.(next, options.gracePeriodSeconds) ?? 0;
  const contents = kind.storage === "/namespaces" && !tables.namespaceIsEmpty(current.metadata.name);
  const stays = finalizers.length > 0 || grace > 0 || contents;
  const answer = (object: KubeObject, gone: boolean) => ({ object: view(kinds, object, kind), gone });
  const marked = mark(next, now(), grace, options, kind.rules.graceSeconds !== undefined);
  if (contents) {
    child(next, "status")["phase"] = "Terminating";
  }
  if (options.dryRun) {
    return { object: current, gone: !stays };
  }
  const stored = tables.get(kind.storage, current.metadata.namespace ?? "", current.metadata.name) ?? current;
  if (stays) {
    const changed = marked || finalizers.length !== (current.metadata.finalizers ?? []).length;
    return answer(changed ? tables.put(kind.storage, toStored(kinds, next, kind)) : stored, false);
  }
  // A pod whose grace is cut short is seen with grace 0 before it is gone.
  const last = marked && current.metadata.deletionTimestamp !== undefined ? tables.put(kind.storage, toStored(kinds, next, kind)) : stored;
  tables.remove(kind.storage, last);
  return answer(last, true);
}

function checkPreconditions(kind: Kind, current: KubeObject, { uid, resourceVersion }: DeletionOptions): void {
  const { name, uid: recordUid, resourceVersion: recordVersion } = current.metadata;
  if (uid !== undefined && uid !== recordUid) {
    const message = `the UID in the precondition (${uid}) does not match the UID in record (${recordUid}). The object might have been deleted and then recreated`;
    throw preconditionFailed(kind, name, message);
  }
  if (resourceVersion !== undefined && resourceVersion !== recordVersion) {
    const message = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${recordVersion}). The object might have been modified`;
    throw preconditionFailed(kind, name, message);
  }
}

/** Background takes a policy back that an earlier request had asked for; without a policy everything stays. */
function finalizersAfter(finalizers: readonly string[], propagation: DeletionOptions["propagation"]): string[] {
  if (propagation === undefined) {
    return [...finalizers];
  }
  const others = finalizers.filter((name) => name !== FOREGROUND && name !== ORPHAN);
  switch (propagation) {
    case "Background":
      return others;
    case "Foreground":
      return [...others, FOREGROUND];
    case "Orphan":
      return [...others, ORPHAN];
  }
}

/** Sets the time of the deletion; false where it was set and nothing gets shorter. */
function mark(object: Json, now: number, grace: number, options: DeletionOptions, graceful: boolean): boolean {
  const meta = child(object, "metadata");
  const due = meta["deletionTimestamp"];
  if (due === undefined) {
    meta["deletionTimestamp"] = secondsText(now + grace * 1000);
    meta["deletionGracePeriodSeconds"] = grace;
    if (typeof meta["generation"] === "number") {
      meta["generation"] += 1;
    }
    return true;
  }
  const running = Number(meta["deletionGracePeriodSeconds"] ?? 0);
  if (!graceful || options.gracePeriodSeconds === undefined || grace >= running) {
    return false;
  }
  meta["deletionTimestamp"] = secondsText(Date.parse(String(due)) - (running - grace) * 1000);
  meta["deletionGracePeriodSeconds"] = grace;
  return true;
}
