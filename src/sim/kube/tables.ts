/** Where objects are kept: by storage, namespace and name, under one counter of versions, with their recent history and its listeners. */
import type { KubeObject } from "../../domain/kube.ts";
import { kindsOf } from "./crd/definition.ts";
import { createHistory } from "./history.ts";
import { deepFreeze, type Json } from "./json.ts";
import type { Kind, KindRegistry } from "./kinds.ts";
import { inOrder, ofNamespace, putInOrder, removeInOrder, storedKey } from "./ordered.ts";
import type { Change, ChangeType } from "./store.ts";

const DEFINITIONS = "apiextensions.k8s.io/customresourcedefinitions";

export interface Tables {
  resourceVersion(): number;
  get(storage: string, namespace: string, name: string): KubeObject | undefined;
  list(storage: string, namespace: string | undefined, at: number | undefined): KubeObject[];
  /** Is there an object in this namespace? */
  namespaceIsEmpty(namespace: string): boolean;
  put(storage: string, object: Json): KubeObject;
  remove(storage: string, object: KubeObject): void;
  subscribe(listener: (change: Change) => void): () => void;
  changesSince(resourceVersion: number): readonly Change[];
  compact(resourceVersion: number): void;
  snapshot(): Snapshot;
  rewind(to: Snapshot): void;
  onRewind(listener: () => void): () => void;
}

/** All that was stored at one version. */
export interface Snapshot {
  readonly resourceVersion: number;
  /** By storage, then by `namespace/name`. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;
}

/** The objects of one storage, by `namespace/name`. */
interface Table {
  readonly objects: Map<string, KubeObject>;
  /** In the order of their keys; undefined until somebody asks. */
  sorted: KubeObject[] | undefined;
}

export function createTables(kinds: KindRegistry, options: { resourceVersion: number; historyLimit: number }): Tables {
  const tables = new Map<string, Table>();
  const history = createHistory(options.historyLimit, options.resourceVersion);
  const notify = createNotifier();
  const rewound = new Set<() => void>();
  let version = options.resourceVersion;

  const table = (storage: string) => {
    const known = tables.get(storage) ?? { objects: new Map<string, KubeObject>(), sorted: undefined };
    tables.set(storage, known);
    return known;
  };
  const record = (type: ChangeType, resource: Kind, object: KubeObject, previous: KubeObject | undefined) => {
    const change: Change = { type, resource, object, previous, resourceVersion: version };
    history.add(change);
    notify.tell(change);
  };
  const stored = (storage: string) => {
    const kind = kinds.stored(storage);
    if (kind === undefined) {
      throw new Error(`no kind is stored at ${storage}`);
    }
    return kind;
  };
  const withVersion = (object: Json) => {
    version += 1;
    const metadata = { ...(object["metadata"] as Json), resourceVersion: String(version) };
    return deepFreeze({ ...object, metadata }) as unknown as KubeObject;
  };

  const self: Tables = {
    resourceVersion: () => version,
    get: (storage, namespace, name) => tables.get(storage)?.objects.get(`${namespace}/${name}`),
    list(storage, namespace, at) {
      const now = table(storage);
      now.sorted ??= inOrder(now.objects);
      const sorted = at === undefined ? now.sorted : inOrder(earlier(now.objects, self.changesSince(at), storage));
      return namespace === undefined ? [...sorted] : ofNamespace(sorted, namespace);
    },
    namespaceIsEmpty: (namespace) =>
      [...tables.values()].every(({ objects }) => [...objects.values()].every((object) => object.metadata.namespace !== namespace)),
    put(storage, object) {
      const kept = withVersion(object);
      const key = storedKey(kept);
      const changed = table(storage);
      const previous = changed.objects.get(key);
      changed.objects.set(key, kept);
      if (changed.sorted !== undefined) {
        putInOrder(changed.sorted, kept);
      }
      if (storage === DEFINITIONS) {
        kinds.install(kindsOf(kept as Json));
      }
      record(previous === undefined ? "ADDED" : "MODIFIED", stored(storage), kept, previous);
      return kept;
    },
    remove(storage, object) {
      const changed = table(storage);
      changed.objects.delete(storedKey(object));
      if (changed.sorted !== undefined) {
        removeInOrder(changed.sorted, storedKey(object));
      }
      record("DELETED", stored(storage), withVersion(object as Json), object);
      if (storage === DEFINITIONS) {
        removeInstances(object);
      }
    },
    subscribe: notify.subscribe,
    changesSince: history.since,
    compact: history.compact,
    snapshot: () => ({
      resourceVersion: version,
      objects: new Map([...tables].map(([storage, { objects }]) => [storage, new Map(objects)])),
    }),
    rewind(to) {
      version = to.resourceVersion;
      history.restart(version);
      for (const storage of tables.keys()) {
        tables.set(storage, { objects: new Map(to.objects.get(storage)), sorted: undefined });
      }
      for (const listener of [...rewound]) {
        listener();
      }
    },
    onRewind(listener) {
      rewound.add(listener);
      return () => void rewound.delete(listener);
    },
  };

  function removeInstances(definition: KubeObject) {
    const storage = kindsOf(definition as Json)[0]?.storage ?? "";
    for (const instance of [...table(storage).objects.values()]) {
      self.remove(storage, instance);
    }
    kinds.uninstall(storage);
  }
  return self;
}

/** The table before these changes. */
function earlier(now: ReadonlyMap<string, KubeObject>, changes: readonly Change[], storage: string): Map<string, KubeObject> {
  const objects = new Map(now);
  for (const change of changes.filter(({ resource }) => resource.storage === storage).toReversed()) {
    if (change.previous === undefined) {
      objects.delete(storedKey(change.object));
    } else {
      objects.set(storedKey(change.object), change.previous);
    }
  }
  return objects;
}

/** Tells changes in order, also where a listener writes: the new change waits until everybody knows the old one. */
function createNotifier() {
  const listeners = new Set<(change: Change) => void>();
  const waiting: Change[] = [];
  let telling = false;
  return {
    subscribe(listener: (change: Change) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(change: Change) {
      waiting.push(change);
      if (telling) {
        return;
      }
      telling = true;
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          for (const listener of [...listeners]) {
            listener(next);
          }
        }
      } finally {
        telling = false;
      }
    },
  };
}
