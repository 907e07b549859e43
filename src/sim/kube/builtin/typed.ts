/** What decoding into Kubernetes' own types does to any built-in object: nulls and empty metadata vanish, some zeros too. */
import { isObject, type Json, objectsOf } from "../json.ts";
import { tidyMetadata } from "../metadata.ts";

/** Drops nulls at any depth; `keep` names fields that are written as null. */
export function dropNulls(value: unknown, keep: ReadonlySet<string> = new Set()): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      dropNulls(item, keep);
    }
  } else if (isObject(value)) {
    for (const [key, field] of Object.entries(value)) {
      if (field === null && !keep.has(key)) {
        delete value[key];
      } else {
        dropNulls(field, keep);
      }
    }
  }
}

/** Removes fields whose zero value Go's JSON leaves out. */
export function dropZeros(object: Json, fields: readonly string[]): void {
  for (const field of fields) {
    const value = object[field];
    if (value === 0 || value === false || value === "" || (Array.isArray(value) && value.length === 0)) {
      delete object[field];
    }
  }
}

export function setDefault(object: Json, field: string, value: unknown): void {
  if (object[field] === undefined) {
    object[field] = value;
  }
}

/** Frozen where it is so already. */
export function setTo(object: Json, field: string, value: unknown): void {
  if (object[field] !== value) {
    object[field] = value;
  }
}

/** `metadata` of a pod template. */
export function tidyTemplate(template: Json): void {
  if (isObject(template["metadata"])) {
    tidyMetadata(template["metadata"]);
  }
}

export function eachObject(list: unknown, change: (item: Json) => void): void {
  for (const item of objectsOf(list)) {
    change(item);
  }
}
