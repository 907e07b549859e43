/** Plain JSON values: copies, equality and RFC 7386. Objects that leave the store are frozen, so a reader can't change the world by accident. */

export type Json = { [key: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object under `key`, created where it is missing. */
export function child(parent: Json, key: string): Json {
  const value = parent[key];
  if (isObject(value)) {
    return value;
  }
  const made: Json = {};
  parent[key] = made;
  return made;
}

/** The object under `key`, or an empty one that is not attached. */
export function part(parent: unknown, key: string): Json {
  const value = isObject(parent) ? parent[key] : undefined;
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function objectsOf(value: unknown): Json[] {
  return listOf(value).filter(isObject);
}

/** A deep copy without `undefined`, which JSON does not know. */
export function cloneJson<T>(value: T): T {
  return copied(value, Number.POSITIVE_INFINITY);
}

/** Of an object, of its parts, and of what was never stored: what is frozen below them is shared. */
export function thaw<T>(value: T): T {
  return copied(value, 2);
}

/** Down to this level also what is frozen. */
function copied<T>(value: T, levels: number): T {
  if (levels <= 0 && Object.isFrozen(value)) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => (item === undefined ? null : copied(item, levels - 1))) as T;
  }
  if (!isObject(value)) {
    return value;
  }
  const copy: Json = {};
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) {
      copy[key] = copied(field, levels - 1);
    }
  }
  return copy as T;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) {
      deepFreeze(field);
    }
  }
  return value;
}

export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) {
    return true;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) {
    return false;
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]));
}

/**
 * Gives a draft its predecessor's parts wherever they are equal, so that what did not change stays the same object. Answers
 * whether all of it is equal.
 */
export function shareParts(draft: Json | unknown[], previous: unknown): boolean {
  if (!isContainer(previous) || Array.isArray(draft) !== Array.isArray(previous)) {
    return false;
  }
  if (Object.isFrozen(draft)) {
    return equalJson(draft, previous);
  }
  const [own, before] = [draft as Json, previous as Json];
  const keys = Object.keys(own);
  let same = keys.length === Object.keys(before).length;
  for (const key of keys) {
    const [value, old] = [own[key], before[key]];
    if (value === old) {
      same &&= Object.hasOwn(before, key);
    } else if (isContainer(value) && shareParts(value, old)) {
      own[key] = old;
    } else {
      same = false;
    }
  }
  return same;
}

function isContainer(value: unknown): value is Json | unknown[] {
  return typeof value === "object" && value !== null;
}

/** RFC 7386, section 2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    return cloneJson(patch);
  }
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete result[key];
    } else if (value !== undefined) {
      result[key] = mergePatch(result[key], value);
    }
  }
  return result;
}
