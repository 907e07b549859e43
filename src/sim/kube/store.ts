/**
 * An API server's storage and admission, in memory: what a real kube-apiserver answers to each write, without HTTP.
 *
 * Synchronous, deterministic for a given clock and seed. Promises Kubernetes' semantics of uid, resourceVersion, generation, optimistic
 * concurrency, finalizers, the status and scale subresources, defaulting, pruning and validation. Refusals are thrown as `StatusError`.
 * Every answer is frozen. Deleting what an owner leaves behind is the garbage collector's (`gc.ts`), what Deployments do is `controllers/`.
 */
import type { KubeObject, LabelSelector, Resource } from "../../domain/kube.ts";
import { builtInKinds } from "./builtin-kinds.ts";
import type { Json } from "./json.ts";
import { createKindRegistry, type Kind, type KindRegistry } from "./kinds.ts";
import { seededRandom } from "./random.ts";
import { scaleOf } from "./scale.ts";
import { fieldMatcher, labelMatcher } from "./selectors.ts";
import { notFound } from "./status-error.ts";
import { createTables, type Snapshot } from "./tables.ts";
import { view } from "./view.ts";
import { createWriter } from "./writer.ts";

export interface StoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of uids, generated names and cluster addresses. */
  readonly seed?: number;
  /** Namespaces that exist from the start. */
  readonly namespaces?: readonly string[];
  /** Changes kept for watches; older ones answer 410. */
  readonly historyLimit?: number;
  /** The resourceVersion of the first write is one more. */
  readonly resourceVersion?: number;
  /** What admission changes in an update before it is validated. */
  readonly mutate?: Mutation | undefined;
}

/** Answers what is stored in the place of `next`, which stays as it is. `user`: the field manager of the write. */
export type Mutation = (kind: Kind, next: Json, previous: Json, user: string) => Json;

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

export interface Change {
  readonly type: ChangeType;
  /** The stored kind. Other versions of it see the object through `KubeStore.view`. */
  readonly resource: Kind;
  /** DELETED: the last state, with the resourceVersion of the deletion. */
  readonly object: KubeObject;
  /** As it was before; undefined for ADDED. */
  readonly previous: KubeObject | undefined;
  readonly resourceVersion: number;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  /** `a=b,c in (d,e),!f`, or the selector of a workload. */
  readonly labelSelector?: string | LabelSelector | undefined;
  /** `metadata.name=web`. */
  readonly fieldSelector?: string | undefined;
  /** The state as of this resourceVersion; 410 where it is forgotten. */
  readonly at?: number | undefined;
}

export interface KubeList {
  readonly resourceVersion: string;
  /** By namespace and name. */
  readonly items: readonly KubeObject[];
}

export interface WriteOptions {
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict" | undefined;
  readonly subresource?: "status" | "scale" | undefined;
  readonly dryRun?: boolean | undefined;
  /** Who writes, for managedFields; without it nobody is noted down. */
  readonly fieldManager?: string | undefined;
  /** Texts of `Warning` headers. */
  readonly warn?: ((text: string) => void) | undefined;
}

export type Patch =
  | { readonly type: "merge"; readonly body: unknown }
  | { readonly type: "json"; readonly body: unknown }
  | { readonly type: "strategic"; readonly body: unknown }
  /** The whole object as its manager wants it; created where there is none. Needs a `fieldManager`. */
  | { readonly type: "apply"; readonly body: unknown; readonly force: boolean };

export interface DeletionOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Deletion {
  /** The object as it is now, or as it was last. */
  readonly object: KubeObject;
  /** False: finalizers or a grace period keep it. */
  readonly gone: boolean;
}

/** Namespace "" for cluster-scoped kinds. */
export interface KubeStore {
  readonly kinds: KindRegistry;
  readonly now: () => number;
  /** The newest version. */
  resourceVersion(): number;
  get(resource: Resource, namespace: string, name: string, subresource?: "status" | "scale"): KubeObject;
  /** undefined instead of a 404. */
  find(resource: Resource, namespace: string, name: string): KubeObject | undefined;
  list(resource: Resource, options?: ListOptions): KubeList;
  create(resource: Resource, namespace: string, object: KubeObject, options?: WriteOptions): KubeObject;
  replace(resource: Resource, namespace: string, name: string, object: KubeObject, options?: WriteOptions): KubeObject;
  patch(resource: Resource, namespace: string, name: string, patch: Patch, options?: WriteOptions): KubeObject;
  delete(resource: Resource, namespace: string, name: string, options?: DeletionOptions): Deletion;
  /** Every change, in the order of resourceVersion; writes made by a listener are told after it returns. The answer unsubscribes. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Changes after `resourceVersion`; throws 410 Expired where some are forgotten. */
  changesSince(resourceVersion: number): readonly Change[];
  /** Forgets changes up to `resourceVersion` (default: all). */
  compact(resourceVersion?: number): void;
  /** What etcd's backup holds. Of the definitions of custom kinds it must be the same that is served when it comes back. */
  snapshot(): Snapshot;
  /**
   * Restored from a backup: later writes are lost, and the versions count on from where they were. No listener of changes is told; whoever
   * watches must list anew.
   */
  rewind(to: Snapshot): void;
  /** After every rewind. The answer unsubscribes. */
  onRewind(listener: () => void): () => void;
  /** A stored object as another version of its resource shows it. */
  view(object: KubeObject, resource: Resource): KubeObject;
}

const DEFAULT_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

export function createStore(options: StoreOptions): KubeStore {
  const random = seededRandom(options.seed ?? 1);
  const kinds = createKindRegistry(builtInKinds);
  const tables = createTables(kinds, {
    resourceVersion: options.resourceVersion ?? 0,
    historyLimit: options.historyLimit ?? 10_000,
  });
  const writer = createWriter({ kinds, tables, now: options.now, random, mutate: options.mutate });
  const find = (resource: Resource, namespace: string, name: string) => {
    const kind = kinds.require(resource);
    const stored = tables.get(kind.storage, namespace, name);
    return stored && view(kinds, stored, kind);
  };
  const store: KubeStore = {
    kinds,
    now: options.now,
    resourceVersion: tables.resourceVersion,
    find,
    get(resource, namespace, name, subresource) {
      const object = find(resource, namespace, name);
      if (object === undefined) {
        throw notFound(kinds.require(resource), name);
      }
      return subresource === "scale" ? (scaleOf(kinds.require(resource), object) as unknown as KubeObject) : object;
    },
    list(resource, { namespace, labelSelector, fieldSelector, at } = {}) {
      const kind = kinds.require(resource);
      const matchesLabels = labelMatcher(labelSelector);
      const matchesFields = fieldMatcher(fieldSelector, kind.fields);
      const items = tables
        .list(kind.storage, namespace === "" ? undefined : namespace, at)
        .map((object) => view(kinds, object, kind))
        .filter((object) => matchesLabels(object) && matchesFields(object));
      return { resourceVersion: String(at ?? tables.resourceVersion()), items };
    },
    create: writer.create,
    replace: writer.replace,
    patch: writer.patch,
    delete: writer.delete,
    subscribe: tables.subscribe,
    changesSince: tables.changesSince,
    compact: (resourceVersion) => tables.compact(resourceVersion ?? tables.resourceVersion()),
    snapshot: tables.snapshot,
    rewind: tables.rewind,
    onRewind: tables.onRewind,
    view: (object, resource) => view(kinds, object, kinds.require(resource)),
  };
  for (const name of options.namespaces ?? DEFAULT_NAMESPACES) {
    store.create(NAMESPACES, "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  return store;
}

export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
