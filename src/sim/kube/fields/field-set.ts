/**
 * Sets of fields in the form of FieldsV1: `{"f:spec": {"f:replicas": {}}}`. A leaf is a member; what has parts is one itself where it has `"."`.
 */
import { isObject } from "../json.ts";
import { elementText } from "./parts.ts";

export interface Fields {
  readonly [element: string]: Fields;
}

export const NONE: Fields = {};
const SELF = ".";

export function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

export function union(a: Fields, b: Fields): Fields {
  return isEmpty(a) ? b : isEmpty(b) ? a : combined(a, b, (inA, inB) => inA || inB);
}

export function difference(a: Fields, b: Fields): Fields {
  return isEmpty(a) || isEmpty(b) ? a : combined(a, b, (inA, inB) => inA && !inB);
}

export function intersection(a: Fields, b: Fields): Fields {
  return combined(a, b, (inA, inB) => inA && inB);
}

export function sameFields(a: Fields, b: Fields): boolean {
  return isEmpty(difference(a, b)) && isEmpty(difference(b, a));
}

type Keep = (inA: boolean, inB: boolean) => boolean;

/** Two sets; their roots are members of neither. */
function combined(a: Fields, b: Fields, keep: Keep): Fields {
  const result: Record<string, Fields> = {};
  for (const element of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [inA, inB] = [a[element], b[element]];
    const made = element === SELF ? undefined : node(keep(isMember(inA), isMember(inB)), combined(inA ?? NONE, inB ?? NONE, keep));
    if (made !== undefined) {
      result[element] = made;
    }
  }
  return result;
}

export function isMember(fields: Fields | undefined): boolean {
  return fields !== undefined && (isEmpty(fields) || fields[SELF] !== undefined);
}

/** undefined where neither it nor a part of it is a member. */
export function node(member: boolean, parts: Fields): Fields | undefined {
  if (isEmpty(parts)) {
    return member ? NONE : undefined;
  }
  return member ? { [SELF]: NONE, ...parts } : parts;
}

/** Its parts, without itself. */
export function partsIn(fields: Fields): readonly (readonly [element: string, fields: Fields])[] {
  return Object.entries(fields).filter(([element]) => element !== SELF);
}

/** Every member's path as refusals tell it, in order. */
export function pathTexts(fields: Fields, above = ""): string[] {
  return partsIn(fields).flatMap(([element, inner]) => {
    const path = `${above}${elementText(element)}`;
    return [...(isMember(inner) ? [path] : []), ...pathTexts(inner, path)];
  });
}

export function fieldsIn(entry: Readonly<Record<string, unknown>>): Fields {
  return isObject(entry["fieldsV1"]) ? (entry["fieldsV1"] as Fields) : NONE;
}
