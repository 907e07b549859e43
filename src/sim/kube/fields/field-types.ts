/**
 * How the parts of an object are merged and owned, as its schema says: maps key by key, lists whole, as sets, or by the keys of their items.
 * The words are those of Kubernetes' structured merge: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import { isObject, type Json, listOf, part } from "../json.ts";
import type { Kind } from "../kinds.ts";
import builtIn from "../schemas/built-in.json" with { type: "json" };

export type FieldType =
  /** Scalars, and maps and lists that are replaced as a whole. */
  | { readonly type: "atomic" }
  /** Of no known shape: maps are granular, lists atomic. */
  | { readonly type: "any" }
  | { readonly type: "map"; readonly schema: Json; readonly values: FieldType | undefined }
  | { readonly type: "set" }
  | { readonly type: "keyed"; readonly keys: readonly string[]; readonly defaults: Json; readonly item: FieldType };

const ATOMIC: FieldType = { type: "atomic" };
const ANY: FieldType = { type: "any" };
const SET: FieldType = { type: "set" };

/** By name: `io.k8s.api.apps.v1.Deployment`. */
export const SCHEMAS = builtIn as unknown as Readonly<Record<string, Json>>;
const META = { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };

const known = new WeakMap<Json, FieldType>();
const roots = new WeakMap<Kind, Json>();

/** The schema of a kind's objects; without one, nothing but metadata is known. */
export function schemaOf(kind: Kind): Json {
  const found = roots.get(kind) ?? (kind.custom ? withMetadata(kind.schema ?? {}) : builtInSchema(kind));
  roots.set(kind, found);
  return found;
}

export function typeOf(kind: Kind): FieldType {
  return typeOfSchema(schemaOf(kind));
}

function withMetadata(schema: Json): Json {
  const text = { type: "string" };
  return { ...schema, properties: { ...part(schema, "properties"), apiVersion: text, kind: text, metadata: META } };
}

function builtInSchema(kind: Kind): Json {
  return SCHEMAS[builtInName(kind) ?? ""] ?? withMetadata({ "x-kubernetes-preserve-unknown-fields": true });
}

/** The name of a built-in kind's schema. */
export function builtInName({ group, version, kind }: Pick<Kind, "group" | "version" | "kind">): string | undefined {
  const isIt = (one: unknown) => isObject(one) && one["group"] === group && one["version"] === version && one["kind"] === kind;
  return Object.keys(SCHEMAS).find((name) => listOf(SCHEMAS[name]?.["x-kubernetes-group-version-kind"]).some(isIt));
}

/** What a reference stands for, under what is said beside it. */
export function resolved(schema: Json): Json {
  const [first] = listOf(schema["allOf"]);
  const reference = isObject(first) ? first["$ref"] : schema["$ref"];
  const target = typeof reference === "string" ? SCHEMAS[reference.split("/").at(-1) ?? ""] : undefined;
  return target === undefined ? schema : resolved(target);
}

export function typeOfSchema(given: Json): FieldType {
  const found = known.get(given);
  if (found !== undefined) {
    return found;
  }
  const schema = resolved(given);
  const isMap = schema["type"] === "object" && (given["x-kubernetes-map-type"] ?? schema["x-kubernetes-map-type"]) !== "atomic";
  const type = schema["type"] === "array" ? listType(given, schema) : isMap ? mapType(schema) : scalarType(schema);
  known.set(given, type);
  return type;
}

function scalarType(schema: Json): FieldType {
  return schema["type"] === undefined && schema["x-kubernetes-preserve-unknown-fields"] === true ? ANY : ATOMIC;
}

function mapType(schema: Json): FieldType {
  const { additionalProperties: values, properties } = schema;
  if (properties === undefined && !isObject(values)) {
    return ANY;
  }
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || values === true ? ANY : undefined;
  return { type: "map", schema, values: isObject(values) ? typeOfSchema(values) : open };
}

function listType(given: Json, schema: Json): FieldType {
  const items = part(schema, "items");
  // A real API server's documents say it beside the items.
  const said = (key: string) => given[key] ?? schema[key] ?? items[key];
  switch (said("x-kubernetes-list-type")) {
    case "set":
      return SET;
    case "map": {
      const keys = listOf(said("x-kubernetes-list-map-keys")).map(String);
      const properties = part(resolved(items), "properties");
      const defaults = keys.map((key) => [key, part(properties, key)["default"]]).filter(([, value]) => value !== undefined);
      return { type: "keyed", keys: keys.sort(), defaults: Object.fromEntries(defaults), item: typeOfSchema(items) };
    }
    default:
      return ATOMIC;
  }
}

/** The type under a name; undefined: no such field. */
export function fieldType(type: FieldType, name: string): FieldType | undefined {
  if (type.type !== "map") {
    return type.type === "any" ? ANY : undefined;
  }
  const property = part(type.schema, "properties")[name];
  return isObject(property) ? typeOfSchema(property) : type.values;
}

/** Is it a field that the schema names, and no key of a map? */
export function isNamed(type: FieldType, name: string): boolean {
  return type.type === "map" && part(type.schema, "properties")[name] !== undefined;
}
