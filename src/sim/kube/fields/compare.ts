/** What a write changed, as sets of fields. */
import { equalJson } from "../json.ts";
import { type Fields, NONE, node } from "./field-set.ts";
import type { FieldType } from "./field-types.ts";
import { type Part, partsOf } from "./parts.ts";

export interface Changes {
  /** Added, or with another value. */
  readonly written: Fields;
  readonly removed: Fields;
}

const NOTHING: Changes = { written: NONE, removed: NONE };
const NO_PARTS: ReadonlyMap<string, Part> = new Map();

/** Between two objects of a type. */
export function compare(type: FieldType, before: unknown, after: unknown): Changes {
  if (before === after) {
    return NOTHING;
  }
  return comparedParts(partsOf(type, before) ?? NO_PARTS, partsOf(type, after) ?? NO_PARTS);
}

function comparedParts(before: ReadonlyMap<string, Part>, after: ReadonlyMap<string, Part>): Changes {
  const written: Record<string, Fields> = {};
  const removed: Record<string, Fields> = {};
  for (const element of new Set([...after.keys(), ...before.keys()])) {
    const [old, now] = [before.get(element), after.get(element)];
    if (old?.value === now?.value) {
      continue;
    }
    const [mine, gone] = compared(old, now);
    Object.assign(written, mine && { [element]: mine });
    Object.assign(removed, gone && { [element]: gone });
  }
  return { written, removed };
}

function compared(old: Part | undefined, now: Part | undefined): readonly [written: Fields | undefined, removed: Fields | undefined] {
  const before = (old && partsOf(old.type, old.value)) ?? NO_PARTS;
  const after = (now && partsOf(now.type, now.value)) ?? NO_PARTS;
  if (before.size + after.size === 0 && old !== undefined && now !== undefined) {
    return [equalJson(old.value, now.value) ? undefined : NONE, undefined];
  }
  const { written, removed } = comparedParts(before, after);
  return [node(old === undefined, written), node(now === undefined, removed)];
}

/** Everything that an applied object says: values, empty maps and lists, items of lists. */
export function saidIn(type: FieldType, value: unknown): Fields {
  const said: Record<string, Fields> = {};
  for (const [element, part] of partsOf(type, value) ?? NO_PARTS) {
    const parts = partsOf(part.type, part.value);
    const whole = parts === undefined || parts.size === 0 || !element.startsWith("f:");
    said[element] = node(whole, saidIn(part.type, part.value)) ?? NONE;
  }
  return said;
}
