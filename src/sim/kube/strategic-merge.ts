/**
 * Strategic merge patches of the built-in kinds, as `kubectl apply`, `set image` and `rollout` send them: lists are merged by the key that their
 * schema names, or as sets, and others replaced. Directives: `$patch` delete and replace, `$retainKeys`, `$deleteFromPrimitiveList` and
 * `$setElementOrder`. https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { resolved } from "./fields/field-types.ts";
import { cloneJson, equalJson, isObject, type Json, listOf, objectsOf, part } from "./json.ts";

export function strategicMerge(schema: Json, target: unknown, patch: Json): Json {
  const { $patch: directive, ...fields } = patch;
  const result: Json = isObject(target) && directive !== "replace" ? { ...target } : {};
  for (const [name, value] of Object.entries(fields).filter(([key]) => !key.startsWith("$"))) {
    if (value === null) {
      delete result[name];
    } else {
      result[name] = mergedField(fieldSchema(schema, name), result[name], value);
    }
  }
  for (const [name, value] of Object.entries(fields).filter(([key]) => key.startsWith("$"))) {
    applyDirective(schema, result, isObject(target) ? target : {}, name, value);
  }
  return result;
}

function fieldSchema(schema: Json, name: string): Json {
  const { properties, additionalProperties } = resolved(schema);
  const known = (isObject(properties) ? properties[name] : undefined) ?? additionalProperties;
  return isObject(known) ? known : {};
}

function mergedField(schema: Json, target: unknown, value: unknown): unknown {
  if (Array.isArray(value)) {
    return mergedList(schema, listOf(target), value);
  }
  return isObject(value) ? strategicMerge(schema, target, value) : value;
}

function applyDirective(schema: Json, result: Json, before: Json, name: string, value: unknown): void {
  const [directive, field = ""] = name.split("/");
  const list = result[field];
  if (directive === "$retainKeys" && Array.isArray(value)) {
    for (const other of Object.keys(result).filter((present) => !value.includes(present))) {
      delete result[other];
    }
  }
  if (directive === "$deleteFromPrimitiveList" && Array.isArray(list) && Array.isArray(value)) {
    result[field] = list.filter((item) => !value.includes(item));
  }
  if (directive === "$setElementOrder" && Array.isArray(list) && Array.isArray(value)) {
    result[field] = inOrder(list, listOf(before[field]), value, listRule(fieldSchema(schema, field)).key);
  }
}

/** What a list's schema says: merged or replaced, and by which key of its items; without a key it is a set. */
function listRule(given: Json): { readonly merges: boolean; readonly key: string | undefined } {
  const schema = resolved(given);
  const items = part(schema, "items");
  // A real API server's documents say it beside the items.
  const said = (name: string) => given[name] ?? schema[name] ?? items[name];
  const key = said("x-kubernetes-patch-merge-key");
  return {
    merges: String(said("x-kubernetes-patch-strategy") ?? "").includes("merge"),
    key: typeof key === "string" ? key : undefined,
  };
}

function mergedList(schema: Json, old: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const { merges, key } = listRule(schema);
  if (!merges || patch.some((item) => isObject(item) && item["$patch"] === "replace")) {
    return cloneJson(patch).filter((item) => !(isObject(item) && item["$patch"] !== undefined));
  }
  if (key === undefined) {
    return inOrder([...new Set([...old, ...patch])], old, patch, undefined);
  }
  const items = part(resolved(schema), "items");
  const merged = objectsOf(patch).reduce<unknown[]>((list, item) => mergeItem(items, list, item, key), [...old]);
  return inOrder(merged, old, patch, key);
}

function mergeItem(schema: Json, list: readonly unknown[], item: Json, key: string): unknown[] {
  const place = list.findIndex((other) => isObject(other) && equalJson(other[key], item[key]));
  if (item["$patch"] === "delete") {
    return list.filter((_, index) => index !== place);
  }
  if (place < 0) {
    return [...list, strategicMerge(schema, {}, item)];
  }
  return list.map((other, index) => (index === place ? strategicMerge(schema, other, item) : other));
}

/** The patch's items in its order; an item that only the server had stays before those that it stood before. */
function inOrder(list: readonly unknown[], before: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  const id = (item: unknown) => JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const wanted = order.map(id);
  const old = before.map(id);
  const named = list.filter((item) => wanted.includes(id(item))).sort((a, b) => wanted.indexOf(id(a)) - wanted.indexOf(id(b)));
  const others = list.filter((item) => !wanted.includes(id(item)));
  const result: unknown[] = [];
  for (const item of named) {
    const place = old.indexOf(id(item));
    while (others[0] !== undefined && place >= 0 && old.indexOf(id(others[0])) < place) {
      result.push(others.shift());
    }
    result.push(item);
  }
  return [...result, ...others];
}
