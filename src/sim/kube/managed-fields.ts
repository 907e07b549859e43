/**
 * `metadata.managedFields`: who wrote which field last. Kept for writers that say who they are; a write without a name only takes fields away from
 * those that had them. Maps are told key by key, lists as a whole.
 */
import { equalJson, isObject, type Json, objectsOf } from "./json.ts";

export interface Writer {
  readonly manager: string | undefined;
  readonly subresource: "status" | undefined;
  readonly apiVersion: string;
  readonly time: string;
}

/** FieldsV1: `{"f:spec": {"f:replicas": {}}}`; a leaf is empty. */
type Fields = { [key: string]: Fields };

const SERVER_META = new Set([
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

/** The entries after a write that made `next` of `previous` (undefined: created). */
export function managedAfter(entries: unknown, previous: Json | undefined, next: Json, writer: Writer): Json[] {
  const { written, removed } = difference(writable(previous ?? {}, writer), writable(next, writer));
  const touched = union(written, removed);
  const others = objectsOf(entries).flatMap((entry) => {
    const left = minus(fieldsOf(entry), isOwn(entry, writer) ? removed : touched);
    return isOwn(entry, writer) || Object.keys(left).length > 0 ? [{ ...entry, fieldsV1: left }] : [];
  });
  if (writer.manager === undefined || Object.keys(written).length === 0) {
    return others.filter((entry) => Object.keys(fieldsOf(entry)).length > 0);
  }
  const own = others.find((entry) => isOwn(entry, writer));
  const rest = others.filter((entry) => entry !== own);
  return [...rest, ownEntry(writer, union(own === undefined ? {} : fieldsOf(own), written))];
}

function ownEntry({ manager, subresource, apiVersion, time }: Writer, fieldsV1: Fields): Json {
  return {
    manager,
    operation: "Update",
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource !== undefined && { subresource }),
  };
}

function isOwn(entry: Json, { manager, subresource }: Writer): boolean {
  return entry["manager"] === manager && entry["operation"] === "Update" && entry["subresource"] === subresource;
}

function fieldsOf(entry: Json): Fields {
  return isObject(entry["fieldsV1"]) ? (entry["fieldsV1"] as Fields) : {};
}

/** The parts of an object that this writer can have changed. */
function writable({ apiVersion: _version, kind: _kind, metadata, status, ...rest }: Json, { subresource }: Writer): Json {
  if (subresource === "status") {
    return { status };
  }
  const meta = Object.entries(isObject(metadata) ? metadata : {}).filter(([key]) => !SERVER_META.has(key));
  return { ...rest, metadata: Object.fromEntries(meta) };
}

function difference(before: Json, after: Json): { written: Fields; removed: Fields } {
  const written: Fields = {};
  const removed: Fields = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]];
    if (equalJson(old, now)) {
      continue;
    }
    const inner = difference(isObject(old) ? old : {}, isObject(now) ? now : {});
    const path = `f:${key}`;
    if (now === undefined) {
      removed[path] = {};
    } else if (!isObject(now) || Object.keys(now).length === 0) {
      written[path] = {};
    } else if (Object.keys(inner.written).length > 0) {
      written[path] = inner.written;
    }
    if (now !== undefined && Object.keys(inner.removed).length > 0) {
      removed[path] = inner.removed;
    }
  }
  return { written, removed };
}

function union(a: Fields, b: Fields): Fields {
  const result = { ...a };
  for (const [key, inner] of Object.entries(b)) {
    result[key] = union(result[key] ?? {}, inner);
  }
  return result;
}

/** `fields` without those that `gone` names; what has nothing left goes too. */
function minus(fields: Fields, gone: Fields): Fields {
  const result: Fields = {};
  for (const [key, inner] of Object.entries(fields)) {
    const taken = gone[key];
    if (taken === undefined) {
      result[key] = inner;
      continue;
    }
    const left = Object.keys(taken).length === 0 ? {} : minus(inner, taken);
    if (Object.keys(left).length > 0) {
      result[key] = left;
    }
  }
  return result;
}
