/**
 * The garbage collector of kube-controller-manager, and its namespace controller: deletes what has no owner left, ends foreground deletions,
 * orphans what shall live on, and empties terminating namespaces.
 *
 * Does nothing by itself: whoever drives the world calls `run` when it wants the collector to have had its turn.
 */
import type { KubeObject, OwnerReference, Resource } from "../../domain/kube.ts";
import { FOREGROUND, ORPHAN } from "./deletion.ts";
import type { Kind } from "./kinds.ts";
import { StatusError } from "./status-error.ts";
import { type Change, type KubeStore, NAMESPACES } from "./store.ts";

export interface GarbageCollector {
  /** Is there anything to look at since the last run? */
  pending(): boolean;
  /** Works until nothing is left to do; answers the number of writes. */
  run(): number;
  stop(): void;
}

interface Entry {
  readonly kind: Kind;
  readonly object: KubeObject;
}

export function createGarbageCollector(store: KubeStore): GarbageCollector {
  let dirty = true;
  const unsubscribe = store.subscribe((change) => {
    dirty ||= mattersToOwnership(change);
  });
  const forget = store.onRewind(() => {
    dirty = true;
  });
  return {
    pending: () => dirty,
    stop() {
      unsubscribe();
      forget();
    },
    run() {
      let writes = 0;
      while (dirty) {
        dirty = false;
        writes += sweep(store);
      }
      return writes;
    },
  };
}

function mattersToOwnership({ type, object, previous }: Change): boolean {
  const owners = object.metadata.ownerReferences;
  return (
    type === "DELETED" ||
    object.metadata.deletionTimestamp !== undefined ||
    (owners !== undefined && owners !== previous?.metadata.ownerReferences)
  );
}

function sweep(store: KubeStore): number {
  const entries = everything(store);
  const byUid = new Map(entries.map((entry) => [entry.object.metadata.uid ?? "", entry]));
  const dependents = Map.groupBy(
    entries.flatMap((entry) => (entry.object.metadata.ownerReferences ?? []).map((owner) => ({ owner, entry }))),
    ({ owner }) => owner.uid,
  );
  let writes = 0;
  for (const entry of entries) {
    const own = dependents.get(entry.object.metadata.uid ?? "") ?? [];
    writes += attempt(() => collect(store, entry, byUid, own.length > 0));
    writes += attempt(() => release(store, entry, own));
    writes += attempt(() => emptyNamespace(store, entry, entries));
  }
  return writes;
}

function everything(store: KubeStore): Entry[] {
  const stored = new Set(store.kinds.all().map((kind) => kind.storage));
  return [...stored].flatMap((storage) => {
    const kind = store.kinds.stored(storage);
    return kind === undefined ? [] : store.list(kind).items.map((object) => ({ kind, object }));
  });
}

/** An object that changed or went since it was read is looked at again in the next sweep: its change has made the collector dirty. */
function attempt(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (error instanceof StatusError && [404, 409, 422].includes(error.status.code)) {
      return 0;
    }
    throw error;
  }
}

/** Deletes an object without a living owner; drops references to owners that are gone, or that wait for it. */
function collect(store: KubeStore, { kind, object }: Entry, byUid: ReadonlyMap<string, Entry>, hasDependents: boolean): number {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0) {
    return 0;
  }
  const { solid, waiting, gone } = sorted(owners, object, byUid);
  if (solid.length > 0) {
    const dropped = new Set([...waiting, ...gone].map((owner) => owner.uid));
    return dropped.size === 0
      ? 0
      : setOwners(
          store,
          { kind, object },
          owners.filter((owner) => !dropped.has(owner.uid)),
        );
  }
  if (object.metadata.deletionTimestamp !== undefined) {
    return 0;
  }
  const finalizers = object.metadata.finalizers ?? [];
  const inherited = finalizers.includes(ORPHAN) ? "Orphan" : finalizers.includes(FOREGROUND) ? "Foreground" : "Background";
  const propagation = waiting.length > 0 && hasDependents ? "Foreground" : inherited;
  store.delete(kind, namespaceOf(object), object.metadata.name, { uid: object.metadata.uid, propagation });
  return 1;
}

function sorted(owners: readonly OwnerReference[], object: KubeObject, byUid: ReadonlyMap<string, Entry>) {
  const solid: OwnerReference[] = [];
  const waiting: OwnerReference[] = [];
  const gone: OwnerReference[] = [];
  for (const owner of owners) {
    const found = byUid.get(owner.uid);
    const reachable = found !== undefined && [undefined, object.metadata.namespace].includes(found.object.metadata.namespace);
    if (!reachable) {
      gone.push(owner);
    } else if (found.object.metadata.deletionTimestamp !== undefined && found.object.metadata.finalizers?.includes(FOREGROUND)) {
      waiting.push(owner);
    } else {
      solid.push(owner);
    }
  }
  return { solid, waiting, gone };
}

/** Lets an owner go when its dependents allow it. */
function release(store: KubeStore, entry: Entry, dependents: readonly { readonly owner: OwnerReference; readonly entry: Entry }[]): number {
  const { deletionTimestamp, finalizers = [], uid } = entry.object.metadata;
  if (deletionTimestamp === undefined) {
    return 0;
  }
  if (finalizers.includes(FOREGROUND)) {
    const blocked = dependents.some(({ owner }) => owner.blockOwnerDeletion === true);
    return blocked ? 0 : withoutFinalizer(store, entry, FOREGROUND);
  }
  if (!finalizers.includes(ORPHAN)) {
    return 0;
  }
  const freed = dependents.reduce((writes, dependent) => {
    const owners = dependent.entry.object.metadata.ownerReferences ?? [];
    return (
      writes +
      setOwners(
        store,
        dependent.entry,
        owners.filter((owner) => owner.uid !== uid),
      )
    );
  }, 0);
  return freed + withoutFinalizer(store, entry, ORPHAN);
}

function setOwners(store: KubeStore, { kind, object }: Entry, ownerReferences: readonly OwnerReference[]): number {
  return patchMeta(store, kind, object, { ownerReferences });
}

function withoutFinalizer(store: KubeStore, { kind, object }: Entry, finalizer: string): number {
  return patchMeta(store, kind, object, { finalizers: (object.metadata.finalizers ?? []).filter((name) => name !== finalizer) });
}

function patchMeta(store: KubeStore, kind: Resource, object: KubeObject, fields: object): number {
  const { name, resourceVersion } = object.metadata;
  store.patch(kind, namespaceOf(object), name, { type: "merge", body: { metadata: { resourceVersion, ...fields } } });
  return 1;
}

function emptyNamespace(store: KubeStore, { kind, object }: Entry, entries: readonly Entry[]): number {
  if (kind.storage !== "/namespaces" || object.metadata.deletionTimestamp === undefined) {
    return 0;
  }
  const contents = entries.filter((entry) => entry.object.metadata.namespace === object.metadata.name);
  const undeleted = contents.filter((entry) => entry.object.metadata.deletionTimestamp === undefined);
  for (const entry of undeleted) {
    attempt(() => {
      store.delete(entry.kind, object.metadata.name, entry.object.metadata.name);
      return 1;
    });
  }
  if (contents.length === 0) {
    store.delete(NAMESPACES, "", object.metadata.name);
    return 1;
  }
  return undeleted.length;
}

function namespaceOf(object: KubeObject): string {
  return object.metadata.namespace ?? "";
}
