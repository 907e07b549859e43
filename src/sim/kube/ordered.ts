/** Objects in the order of their keys, `namespace/name`: one that changes finds its place by halves, and those of a namespace lie together. */
import { type KubeObject, keyOf } from "../../domain/kube.ts";

export function storedKey(object: KubeObject): string {
  const known = keys.get(object);
  if (known !== undefined) return known;
  const key = keyOf(object);
  keys.set(object, key);
  return key;
}

/** Stored objects never change, and each is compared again and again. */
const keys = new WeakMap<KubeObject, string>();

export function inOrder(objects: ReadonlyMap<string, KubeObject>): KubeObject[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

/** Takes the place of the one with its key. */
export function putInOrder(sorted: KubeObject[], object: KubeObject): void {
  const place = placeOf(sorted, storedKey(object));
  const there = sorted[place];
  sorted.splice(place, there !== undefined && storedKey(there) === storedKey(object) ? 1 : 0, object);
}

export function removeInOrder(sorted: KubeObject[], key: string): void {
  const place = placeOf(sorted, key);
  const there = sorted[place];
  if (there !== undefined && storedKey(there) === key) sorted.splice(place, 1);
}

export function ofNamespace(sorted: readonly KubeObject[], namespace: string): KubeObject[] {
  // "0" follows "/".
  return sorted.slice(placeOf(sorted, `${namespace}/`), placeOf(sorted, `${namespace}0`));
}

/** Of the first whose key is not before this one. */
function placeOf(sorted: readonly KubeObject[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (storedKey(sorted[middle] as KubeObject) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
