/** Fields of a body that its built-in kind does not know. */
import { isObject, type Json, part } from "../json.ts";
import type { Kind } from "../kinds.ts";
import { resolved, schemaOf } from "./field-types.ts";

/** Takes them away, and names them in their order: `spec.ports[0].targetport`. */
export function pruneUnknown(kind: Kind, draft: Json): string[] {
  const unknown: string[] = [];
  pruneValue(schemaOf(kind), draft, "", unknown);
  return unknown;
}

function pruneValue(given: Json, value: unknown, path: string, unknown: string[]): void {
  const schema = resolved(given);
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      pruneValue(part(schema, "items"), item, `${path}[${index}]`, unknown);
    });
  } else if (isObject(value)) {
    pruneFields(schema, value, path, unknown);
  }
}

function pruneFields(schema: Json, value: Json, path: string, unknown: string[]): void {
  const properties = schema["properties"];
  const values = schema["additionalProperties"];
  if (!isObject(properties) && !isObject(values)) {
    return;
  }
  for (const [key, field] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const known = (isObject(properties) ? properties[key] : undefined) ?? values;
    if (isObject(known)) {
      pruneValue(known, field, at, unknown);
    } else {
      delete value[key];
      unknown.push(at);
    }
  }
}
