/** An applied object merged into a live one, and what is no longer applied taken out again. */
import { isObject, type Json, objectsOf } from "../json.ts";
import { type Fields, isMember, NONE, partsIn } from "./field-set.ts";
import { type FieldType, fieldType, isNamed } from "./field-types.ts";
import { keyElement, memberElement } from "./parts.ts";

const ATOMIC: FieldType = { type: "atomic" };

/** What is applied wins; what it does not say stays. */
export function merged(type: FieldType, live: unknown, applied: unknown): unknown {
  if (isObject(live) && isObject(applied) && (type.type === "map" || type.type === "any")) {
    const fields = Object.entries(applied).map(([key, value]) => [key, merged(fieldType(type, key) ?? ATOMIC, live[key], value)]);
    return { ...live, ...Object.fromEntries(fields) };
  }
  if (!Array.isArray(live) || !Array.isArray(applied)) {
    return applied;
  }
  if (type.type === "set") {
    return mergedList(live, applied, memberElement, (_old, item) => item);
  }
  return type.type === "keyed"
    ? mergedList(
        objectsOf(live),
        objectsOf(applied),
        (item) => keyElement(type, item),
        (old, item) => merged(type.item, old, item) as Json,
      )
    : applied;
}

/** In the order of what is applied; an item that only the live list has keeps its place among its neighbours. */
function mergedList<T>(
  live: readonly T[],
  applied: readonly T[],
  idOf: (item: T) => string,
  both: (old: T | undefined, item: T) => T,
): T[] {
  const wanted = new Set(applied.map(idOf));
  const old = new Map(live.map((item) => [idOf(item), item]));
  const result: T[] = [];
  let at = 0;
  const takeOthers = () => {
    for (let item = live[at]; item !== undefined && !wanted.has(idOf(item)); item = live[at]) {
      result.push(item);
      at += 1;
    }
  };
  for (const item of applied) {
    takeOthers();
    result.push(both(old.get(idOf(item)), item));
    at += old.has(idOf(item)) ? 1 : 0;
  }
  return [...result, ...live.slice(at).filter((item) => !wanted.has(idOf(item)))];
}

/** A named field that has an owned part is owned too, though it is not told so. */
export function withNamedFields(type: FieldType, fields: Fields): Fields {
  const named = partsIn(fields).map(([element, inner]) => {
    const name = element.slice(2);
    const isField = element.startsWith("f:");
    const innerType = isField ? fieldType(type, name) : type.type === "keyed" ? type.item : ATOMIC;
    const parts = withNamedFields(innerType ?? ATOMIC, inner);
    const member = isMember(inner) || (isField && isNamed(type, name));
    return [element, member && Object.keys(parts).length > 0 ? { ".": NONE, ...parts } : parts] as const;
  });
  return Object.fromEntries(named);
}

/** Without these members, each with all that is below it. */
export function without(type: FieldType, value: unknown, gone: Fields): unknown {
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, field]) => {
        const inner = gone[`f:${key}`];
        return isMember(inner) ? [] : [[key, inner === undefined ? field : without(fieldType(type, key) ?? ATOMIC, field, inner)]];
      }),
    );
  }
  if (!Array.isArray(value) || (type.type !== "keyed" && type.type !== "set")) {
    return value;
  }
  return value.flatMap((item: unknown) => {
    const element = type.type === "set" || !isObject(item) ? memberElement(item) : keyElement(type, item);
    const inner = gone[element];
    return isMember(inner) ? [] : [inner === undefined || type.type === "set" ? item : without(type.item, item, inner)];
  });
}
