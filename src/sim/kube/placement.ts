/** Where a new object goes: its name, and its namespace, which must be there. */
import type { Json } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { randomSuffix } from "./random.ts";
import { badRequest, forbidden, notFound } from "./status-error.ts";
import type { Tables } from "./tables.ts";

const NAMESPACE = { group: "", plural: "namespaces", kind: "Namespace" };

export function settleNamespace(kind: Kind, meta: Json, namespace: string): void {
  if (!kind.namespaced) {
    delete meta["namespace"];
    return;
  }
  if ((meta["namespace"] ?? namespace) !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  meta["namespace"] = namespace;
}

export function settleName(meta: Json, random: () => number): void {
  const prefix = meta["generateName"];
  if (meta["name"] === undefined && typeof prefix === "string") {
    meta["name"] = `${prefix.slice(0, 58)}${randomSuffix(random)}`;
  }
}

export function requireNamespace(tables: Tables, kind: Kind, namespace: string, name: string): void {
  if (!kind.namespaced) {
    return;
  }
  const found = tables.get("/namespaces", "", namespace);
  if (found === undefined) {
    throw notFound(NAMESPACE, namespace);
  }
  if (found.metadata.deletionTimestamp !== undefined) {
    throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  }
}
