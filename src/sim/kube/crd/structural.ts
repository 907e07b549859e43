/** Walks a structural schema and a value together: pruning of unknown fields, defaults, and lists that are sets or maps. */
import { cloneJson, equalJson, isObject, type Json, listOf, part } from "../json.ts";
import type { FieldProblem } from "../status-error.ts";

/** Fields of every object at the root and of embedded resources. */
const RESOURCE_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

/** Removes what the schema does not know, and names it, in order of the alphabet: `spec.stratgy`. */
export function prune(schema: Json, root: Json): string[] {
  const unknown: string[] = [];
  pruneValue(schema, root, "", true, unknown);
  return unknown.sort();
}

function pruneValue(schema: Json, value: unknown, path: string, resource: boolean, unknown: string[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      pruneValue(part(schema, "items"), item, `${path}[${index}]`, false, unknown);
    });
    return;
  }
  if (!isObject(value)) {
    return;
  }
  const properties = part(schema, "properties");
  const values = schema["additionalProperties"];
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true || values === true;
  for (const [key, field] of Object.entries(value)) {
    const inner = path === "" ? key : `${path}.${key}`;
    const known = properties[key] ?? (isObject(values) ? values : undefined);
    if (resource && RESOURCE_FIELDS.has(key)) {
      continue;
    }
    if (isObject(known)) {
      pruneValue(known, field, inner, known["x-kubernetes-embedded-resource"] === true, unknown);
    } else if (!keepsUnknown) {
      delete value[key];
      unknown.push(inner);
    }
  }
}

/** Sets defaults, of present objects only, and takes a null for absent where the schema has a default and does not allow null. */
export function applyDefaults(schema: Json, value: unknown): void {
  if (typeof value !== "object" || value === null || !hasDefaults(schema)) {
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      applyDefaults(part(schema, "items"), item);
    }
  } else {
    defaultMembers(schema, value as Json);
  }
}

function defaultMembers(schema: Json, value: Json): void {
  for (const [key, property] of Object.entries(part(schema, "properties"))) {
    if (!isObject(property)) {
      continue;
    }
    const missing = value[key] === undefined || (value[key] === null && property["nullable"] !== true);
    if (missing && property["default"] !== undefined) {
      value[key] = cloneJson(property["default"]);
    }
    applyDefaults(property, value[key]);
  }
  const values = part(schema, "additionalProperties");
  if (Object.keys(values).length > 0) {
    for (const field of Object.values(value)) {
      applyDefaults(values, field);
    }
  }
}

/** Most branches of a schema have no defaults, and most no lists of a type: there is nothing to walk for. */
const hasDefaults = somewhereIn((schema) => schema["default"] !== undefined);
const hasTypedLists = somewhereIn(({ "x-kubernetes-list-type": type }) => type === "set" || type === "map");

/** Does it hold for a schema, or for one that is in it? Asked once of each: schemas never change. */
function somewhereIn(holds: (schema: Json) => boolean): (schema: Json) => boolean {
  const known = new WeakMap<Json, boolean>();
  function search(schema: Json): boolean {
    const found = known.get(schema) ?? (holds(schema) || innerOf(schema).some(search));
    known.set(schema, found);
    return found;
  }
  return search;
}

function innerOf(schema: Json): Json[] {
  return [...Object.values(part(schema, "properties")), schema["items"], schema["additionalProperties"]].filter(isObject);
}

/** Duplicates in lists of type set and map. */
export function duplicateProblems(schema: Json, value: unknown, path: string): FieldProblem[] {
  if (!hasTypedLists(schema)) {
    return [];
  }
  if (Array.isArray(value)) {
    const items = part(schema, "items");
    return [...listProblems(schema, value, path), ...value.flatMap((item, index) => duplicateProblems(items, item, `${path}[${index}]`))];
  }
  if (!isObject(value)) {
    return [];
  }
  const properties = part(schema, "properties");
  return Object.entries(value).flatMap(([key, field]) =>
    isObject(properties[key]) ? duplicateProblems(properties[key], field, path === "" ? key : `${path}.${key}`) : [],
  );
}

function listProblems(schema: Json, list: readonly unknown[], path: string): FieldProblem[] {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") {
    return [];
  }
  const identity = (item: unknown) => (type === "map" ? mapKey(schema, item) : item);
  const ids = list.map(identity);
  return ids.flatMap((id, index) =>
    ids.slice(0, index).some((before) => equalJson(before, id))
      ? [{ reason: "FieldValueDuplicate" as const, field: `${path}[${index}]`, message: `Duplicate value: ${JSON.stringify(id)}` }]
      : [],
  );
}

/** What tells items of a `map` list apart. */
export function mapKey(schema: Json, item: unknown): Json {
  const keys = listOf(schema["x-kubernetes-list-map-keys"]).map(String);
  return Object.fromEntries(keys.map((key) => [key, isObject(item) ? item[key] : undefined]).filter(([, value]) => value !== undefined));
}
