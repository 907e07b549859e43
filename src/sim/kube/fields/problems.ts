/** Why an applied object does not fit its schema, and which fields of a body its kind does not know. */
import { isObject } from "../json.ts";
import { type FieldType, fieldType } from "./field-types.ts";
import { elementText, keyElement, memberElement } from "./parts.ts";

/** `.spec.stratgy: field not declared in schema`, `.spec.containers: duplicate entries for key [name="app"]` */
export function applyProblems(type: FieldType, value: unknown, path = ""): string[] {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, field]) => {
      const inner = fieldType(type, key);
      const at = `${path}.${key}`;
      return inner === undefined && type.type === "map"
        ? [`${at}: field not declared in schema`]
        : inner
          ? applyProblems(inner, field, at)
          : [];
    });
  }
  if (!Array.isArray(value) || (type.type !== "keyed" && type.type !== "set")) {
    return [];
  }
  const elements = value.map((item: unknown) => (type.type === "keyed" && isObject(item) ? keyElement(type, item) : memberElement(item)));
  const twice = new Set(elements.filter((element, index) => elements.indexOf(element) < index));
  return [
    ...[...twice].map((element) => `${path}: duplicate entries for key ${elementText(element)}`),
    ...(type.type === "keyed"
      ? value.flatMap((item, index) => applyProblems(type.item, item, path + elementText(elements[index] ?? "")))
      : []),
  ];
}
