/**
 * Ways to find objects of a store other than by key. An index is a function from an object to the values under which
 * it is found.
 */
import type { KubeObject } from "../domain/kube.ts";

export type Index = (object: KubeObject) => readonly string[];

export const byNamespace: Index = (object) => [object.metadata.namespace ?? ""];

/** By the uid of every owner. */
export const byOwner: Index = (object) => (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);

/** By `namespace/value` of one label. */
export function byLabel(key: string): Index {
  return (object) => {
    const value = object.metadata.labels?.[key];
    return value === undefined ? [] : [`${object.metadata.namespace ?? ""}/${value}`];
  };
}

/** The keys under each value of one index. */
export interface IndexTable {
  replace(key: string, old: KubeObject | undefined, next: KubeObject | undefined): void;
  keys(value: string): Iterable<string>;
}

export function createIndexTable(index: Index): IndexTable {
  const table = new Map<string, Set<string>>();
  return {
    replace(key, old, next) {
      const before = old === undefined ? [] : index(old);
      const after = next === undefined ? [] : index(next);
      for (const value of before) {
        if (after.includes(value)) continue;
        const keys = table.get(value);
        keys?.delete(key);
        if (keys?.size === 0) table.delete(value);
      }
      for (const value of after) {
        const keys = table.get(value);
        if (keys === undefined) table.set(value, new Set([key]));
        else keys.add(key);
      }
    },
    keys: (value) => table.get(value) ?? [],
  };
}
