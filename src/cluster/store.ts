/**
 * The last known state of the objects of one kind, and what changed.
 *
 * It never goes back: an object is replaced only by one that is not known to be older, wherever it came from (a watch, a
 * list, the answer to one of our own writes), and what was deleted does not return with an older version.
 *
 * A complete list is the truth up to its own version, whatever the versions of its items: only what we wrote after it
 * stands against it. A list that is older than what was seen before it was asked for, or that knows an object in an older
 * version than it should, means that the server's history went back (restored from a backup): then nothing stands against
 * it, and whoever owns the store is told, since what other stores hold may never have been.
 *
 * Objects are trimmed on the way in and shared on the way out: nobody changes them. Only objects inside the scope of the
 * reflectors that fill the store may be put.
 */
import { isDeepStrictEqual } from "node:util";
import { type KubeObject, keyOf } from "../domain/kube.ts";
import { createIndexTable, type Index } from "./indexes.ts";
import type { Trim } from "./trim.ts";
import { isOlder, newerOf } from "./versions.ts";

export type Listener<T> = (old: T | undefined, next: T | undefined) => void;

/** One complete list, page by page, from before it is asked for. Dropped by not calling `done`. */
export interface Relist {
  page(items: readonly KubeObject[], resourceVersion: string): void;
  /** Everything in the list's scope that it did not hold, and that is not newer than it, is gone. */
  done(): void;
}

/** What a reflector fills. */
export interface Sink {
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
  relist(namespace: string | undefined): Relist;
}

export interface Store<T extends KubeObject, I extends string = never> extends Sink {
  readonly size: number;
  /** By `namespace/name`. */
  get(key: string): T | undefined;
  list(): T[];
  /** We deleted the object of this uid: what the watch still tells of its life is not heard any more. */
  drop(key: string, uid: string): void;
  by(index: I, value: string): T[];
  /** Called after every change with what was and what is; the answer ends it. */
  onChange(listener: Listener<T>): () => void;
}

export interface StoreOptions<I extends string> {
  readonly trim: Trim;
  readonly indexes?: Readonly<Record<I, Index>>;
  /** A listener threw: a bug, which must not stop the others or the watch. */
  readonly onListenerError: (error: unknown) => void;
  /** The server's history went back. Told before any listener hears of it. */
  readonly onRewind?: (() => void) | undefined;
}

/** Enough to cover what is under way between two lists. */
const MAX_TOMBSTONES = 10_000;

export function createStore<T extends KubeObject, I extends string = never>(options: StoreOptions<I>): Store<T, I> {
  const objects = new Map<string, T>();
  /** Versions at which keys were deleted. */
  const tombstones = new Map<string, string>();
  /** What we deleted ourselves, until the watch tells of it too. */
  const dropped = new Set<string>();
  const listeners = new Set<Listener<T>>();
  const tables = Object.entries<Index>(options.indexes ?? {}).map(([name, index]) => [name, createIndexTable(index)] as const);
  const tableByName = new Map(tables);
  let newestSeen: string | undefined;

  function set(key: string, next: T | undefined): void {
    const old = objects.get(key);
    if (next === undefined) objects.delete(key);
    else objects.set(key, next);
    for (const [, table] of tables) table.replace(key, old, next);
    for (const listener of listeners) {
      try {
        listener(old, next);
      } catch (error) {
        options.onListenerError(error);
      }
    }
  }

  function bury(key: string, version: string | undefined): void {
    if (version === undefined) return;
    tombstones.delete(key);
    tombstones.set(key, version);
    if (tombstones.size > MAX_TOMBSTONES) tombstones.delete(tombstones.keys().next().value ?? "");
  }

  function saw(version: string | undefined): void {
    if (version !== undefined) newestSeen = newerOf(newestSeen, version);
  }

  function replace(key: string, trimmed: KubeObject): void {
    tombstones.delete(key);
    set(key, trimmed as T);
  }

  function put(object: KubeObject): void {
    const key = keyOf(object);
    const version = object.metadata.resourceVersion;
    saw(version);
    if (dropped.has(object.metadata.uid ?? "")) return;
    const kept = objects.get(key);
    if (kept !== undefined && (isSame(kept, object) || isOlder(version, kept.metadata.resourceVersion))) return;
    const deletedAt = tombstones.get(key);
    if (deletedAt !== undefined && (deletedAt === version || isOlder(version, deletedAt))) return;
    replace(key, options.trim(object));
  }

  function remove(object: KubeObject): void {
    const key = keyOf(object);
    const version = object.metadata.resourceVersion;
    saw(version);
    dropped.delete(object.metadata.uid ?? "");
    const kept = objects.get(key);
    if (isOlder(version, kept?.metadata.resourceVersion)) return;
    bury(key, version);
    if (kept !== undefined) set(key, undefined);
  }

  function relist(namespace: string | undefined): Relist {
    const seenBefore = newestSeen;
    const droppedBefore = new Set(dropped);
    const listed = new Set<string>();
    let version: string | undefined;
    let wentBack = false;
    /** Written after the list was taken, by ourselves: the list doesn't know it. */
    const isNewerThanList = (kept: KubeObject) => !wentBack && isOlder(version, kept.metadata.resourceVersion);

    function isOlderThanSeen(object: KubeObject): boolean {
      const kept = objects.get(keyOf(object));
      if (kept === undefined || kept.metadata.uid !== object.metadata.uid || isNewerThanList(kept)) return false;
      return isOlder(object.metadata.resourceVersion, kept.metadata.resourceVersion);
    }

    function take(object: KubeObject): void {
      const key = keyOf(object);
      const uid = object.metadata.uid ?? "";
      if (wentBack || droppedBefore.has(uid)) dropped.delete(uid);
      if (dropped.has(uid)) return;
      listed.add(key);
      const kept = objects.get(key);
      const trimmed = options.trim(object);
      if (kept !== undefined && (isNewerThanList(kept) || isDeepStrictEqual(kept, trimmed))) return;
      replace(key, trimmed);
    }

    return {
      page(items, resourceVersion) {
        version = resourceVersion;
        if (!wentBack && (isOlder(version, seenBefore) || items.some(isOlderThanSeen))) {
          wentBack = true;
          options.onRewind?.();
        }
        items.forEach(take);
      },
      done() {
        for (const [key, kept] of objects) {
          if (listed.has(key) || (namespace !== undefined && kept.metadata.namespace !== namespace)) continue;
          if (isNewerThanList(kept)) continue;
          bury(key, version);
          set(key, undefined);
        }
        if (wentBack) {
          tombstones.clear();
          dropped.clear();
          newestSeen = version;
        } else saw(version);
      },
    };
  }

  return {
    get size() {
      return objects.size;
    },
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    drop(key, uid) {
      dropped.add(uid);
      if (dropped.size > MAX_TOMBSTONES) dropped.delete(dropped.values().next().value ?? "");
      if (objects.get(key)?.metadata.uid === uid) set(key, undefined);
    },
    by(index, value) {
      const keys = tableByName.get(index)?.keys(value) ?? [];
      return [...keys].map((key) => objects.get(key)).filter((object) => object !== undefined);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put,
    remove,
    relist,
  };
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion
  );
}
