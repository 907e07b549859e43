/**
 * `metadata.managedFields`: who wrote or applied which field. Kept for writers that say who they are; a write without a name only takes fields
 * away from those that had them.
 */
import { isObject, type Json, listOf, objectsOf, part } from "../json.ts";
import { apiVersionOf, type Kind } from "../kinds.ts";
import { type Changes, compare } from "./compare.ts";
import { difference, type Fields, fieldsIn, isEmpty, sameFields, union } from "./field-set.ts";
import { resolved, schemaOf, typeOf } from "./field-types.ts";

export interface Writer {
  readonly manager: string | undefined;
  readonly operation: "Update" | "Apply";
  readonly subresource: "status" | "scale" | undefined;
  readonly time: string;
}

/** What the server itself writes, and nobody owns. */
const SERVER_META = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

/** The entries after an update that made `next` of `previous` (undefined: created). */
export function managedAfter(kind: Kind, entries: unknown, previous: Json | undefined, next: Json, writer: Writer): Json[] {
  const before = writable(kind, previous ?? zeroObject(kind), writer.subresource);
  const changes = compare(typeOf(kind), before, writable(kind, next, writer.subresource));
  const own = objectsOf(entries).find((entry) => isOwn(kind, entry, writer));
  const others = withoutTouched(
    objectsOf(entries).filter((entry) => entry !== own),
    changes,
  );
  const fields = union(difference(own === undefined ? {} : fieldsIn(own), changes.removed), changes.written);
  if (writer.manager === undefined || isEmpty(fields)) {
    return others;
  }
  return inOrder([...others, own !== undefined && sameFields(fieldsIn(own), fields) ? own : entryOf(kind, writer, fields)]);
}

/** What others keep after a write; those who keep nothing are left out. */
export function withoutTouched(entries: readonly Json[], { written, removed }: Changes): Json[] {
  const touched = union(written, removed);
  return entries.flatMap((entry) => {
    const left = difference(fieldsIn(entry), touched);
    return isEmpty(left) ? [] : left === fieldsIn(entry) ? [entry] : [{ ...entry, fieldsV1: left }];
  });
}

/** Applied objects are told apart by their manager alone, updates by the version too. */
export function isOwn(kind: Kind, entry: Json, { manager, operation, subresource }: Writer): boolean {
  const same = entry["manager"] === manager && entry["operation"] === operation && entry["subresource"] === subresource;
  return same && (operation === "Apply" || entry["apiVersion"] === apiVersionOf(kind));
}

export function entryOf(kind: Kind, { manager, operation, subresource, time }: Writer, fieldsV1: Fields): Json {
  return {
    manager,
    operation,
    apiVersion: apiVersionOf(kind),
    // A real server notes none for a change of size.
    ...(subresource !== "scale" && { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource !== undefined && { subresource }),
  };
}

/** Applied ones first, then by time. */
export function inOrder(entries: readonly Json[]): Json[] {
  const rank = (entry: Json) => `${String(entry["operation"])} ${String(entry["time"] ?? "")} ${String(entry["manager"])}`;
  return entries.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The parts of an object that this writer can have changed. */
export function writable(kind: Kind, object: Json, subresource: Writer["subresource"]): Json {
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = object;
  if (subresource === "status") {
    const kept = (kind.rules.statusKeeps ?? []).filter((field) => part(object, "metadata")[field] !== undefined);
    return { status, metadata: Object.fromEntries(kept.map((field) => [field, part(object, "metadata")[field]])) };
  }
  const meta = Object.entries(isObject(metadata) ? metadata : {}).filter(([key]) => !SERVER_META.has(key));
  return { ...rest, ...(!kind.status && status !== undefined && { status }), metadata: Object.fromEntries(meta) };
}

/** An object before anything was written into it: Kubernetes' own types have their parts from the start. */
function zeroObject(kind: Kind): Json {
  return kind.custom ? {} : zeroOf(schemaOf(kind));
}

function zeroOf(schema: Json): Json {
  const zero: Json = {};
  for (const name of Object.keys(part(schema, "properties"))) {
    const property = part(part(schema, "properties"), name);
    const inner = resolved(property);
    if (inner["type"] === "object" && isObject(property["default"])) {
      zero[name] = zeroOf(inner);
    } else if (inner["type"] === "array" && listOf(schema["required"]).includes(name)) {
      zero[name] = null;
    }
  }
  return zero;
}
