/**
 * Strategic merge patches of the built-in kinds, as `kubectl set image`, `rollout` and `apply` send them: lists of objects that have a merge key
 * are merged by it, others are replaced. The keys are those of the pod template and of Service ports; directives: `$patch` delete and
 * replace. `$setElementOrder` is ignored: the order stays.
 */
import { cloneJson, isObject, type Json, objectsOf } from "./json.ts";

const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  imagePullSecrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  conditions: "type",
  ownerReferences: "uid",
};

const PRIMITIVE_SETS = new Set(["finalizers"]);

export function strategicMerge(target: unknown, patch: unknown, key = ""): unknown {
  if (Array.isArray(patch)) {
    return mergedList(target, patch, key);
  }
  if (!isObject(patch)) {
    return patch;
  }
  const { $patch: directive, ...fields } = patch;
  const result: Json = isObject(target) && directive !== "replace" ? { ...target } : {};
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith("$")) {
      applyDirective(result, name, value);
    } else if (value === null) {
      delete result[name];
    } else {
      result[name] = strategicMerge(result[name], value, name);
    }
  }
  return result;
}

function applyDirective(result: Json, name: string, value: unknown): void {
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
}

function mergedList(target: unknown, patch: readonly unknown[], key: string): unknown {
  const old = Array.isArray(target) ? target : [];
  if (PRIMITIVE_SETS.has(key)) {
    return [...new Set([...old, ...patch])];
  }
  const mergeKey = key === "ports" ? portKey(patch) : MERGE_KEYS[key];
  if (mergeKey === undefined || patch.some((item) => isObject(item) && item["$patch"] === "replace")) {
    return cloneJson(patch).filter((item) => !(isObject(item) && item["$patch"] !== undefined));
  }
  return objectsOf(patch).reduce<unknown[]>((list, item) => mergeItem(list, item, mergeKey), [...old]);
}

function mergeItem(list: readonly unknown[], item: Json, mergeKey: string): unknown[] {
  const place = list.findIndex((other) => isObject(other) && other[mergeKey] === item[mergeKey]);
  if (item["$patch"] === "delete") {
    return list.filter((_, index) => index !== place);
  }
  if (place < 0) {
    return [...list, strategicMerge({}, item)];
  }
  return list.map((other, index) => (index === place ? strategicMerge(other, item) : other));
}

/** Ports of containers merge by containerPort, those of Services by port. */
function portKey(patch: readonly unknown[]): string {
  return patch.some((item) => isObject(item) && item["containerPort"] !== undefined) ? "containerPort" : "port";
}
