/** Objects taken apart as FieldsV1 tells them: `f:` fields of maps, `k:` items of lists by their keys, `v:` members of sets. */
import { isObject, type Json, objectsOf } from "../json.ts";
import { type FieldType, fieldType } from "./field-types.ts";

export interface Part {
  readonly value: unknown;
  readonly type: FieldType;
}

const ATOMIC: FieldType = { type: "atomic" };

/** By path element; undefined: it is owned as a whole. */
export function partsOf(type: FieldType, value: unknown): ReadonlyMap<string, Part> | undefined {
  if (isObject(value) && (type.type === "map" || type.type === "any")) {
    const fields = Object.entries(value).map(
      ([key, field]) => [`f:${key}`, { value: field, type: fieldType(type, key) ?? ATOMIC }] as const,
    );
    return new Map(fields);
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  if (type.type === "set") {
    return new Map(value.map((item: unknown) => [memberElement(item), { value: item, type: ATOMIC }]));
  }
  return type.type === "keyed"
    ? new Map(objectsOf(value).map((item) => [keyElement(type, item), { value: item, type: type.item }]))
    : undefined;
}

export function memberElement(item: unknown): string {
  return `v:${JSON.stringify(item)}`;
}

/** Keys that an item leaves out have their defaults. */
export function keyElement({ keys, defaults }: FieldType & { readonly type: "keyed" }, item: Json): string {
  const values = keys.map((key) => [key, item[key] ?? defaults[key]]).filter(([, value]) => value !== undefined);
  return `k:${JSON.stringify(Object.fromEntries(values))}`;
}

/** As refusals tell it: `.spec`, `[name="app"]`, `[="a"]`. */
export function elementText(element: string): string {
  const content = element.slice(2);
  if (element.startsWith("f:")) {
    return `.${content}`;
  }
  if (element.startsWith("v:")) {
    return `[=${content}]`;
  }
  const keys = Object.entries(JSON.parse(content) as Json).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${keys.join(",")}]`;
}
