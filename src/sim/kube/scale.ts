/** The scale subresource: a small object that reads and writes the size of another. */
import { child, cloneJson, isObject, type Json, listOf, objectsOf, part } from "./json.ts";
import type { Kind, ScalePaths } from "./kinds.ts";
import { invalid, invalidValue, methodNotAllowed } from "./status-error.ts";

const SCALE = { group: "autoscaling", plural: "scales", kind: "Scale" };

function pathsOf(kind: Kind): ScalePaths {
  if (kind.scale === undefined) {
    throw methodNotAllowed();
  }
  return kind.scale;
}

export function scaleOf(kind: Kind, object: Json): Json {
  const paths = pathsOf(kind);
  const meta = part(object, "metadata");
  const kept = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"].filter((key) => meta[key] !== undefined);
  const size = at(object, paths.spec);
  const selector = at(object, paths.selector);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: Object.fromEntries(kept.map((key) => [key, meta[key]])),
    // Zero is left out, as autoscaling/v1 does.
    spec: typeof size === "number" && size !== 0 ? { replicas: size } : {},
    status: { replicas: at(object, paths.status) ?? 0, ...(selector !== undefined && { selector: selectorText(selector) }) },
  };
}

/** The object with the size that `scale` asks for. */
export function withScale(kind: Kind, object: Json, scale: Json): Json {
  const size = part(scale, "spec")["replicas"] ?? 0;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0) {
    throw invalid(SCALE, String(part(object, "metadata")["name"]), [
      invalidValue("spec.replicas", size, "must be greater than or equal to 0"),
    ]);
  }
  const result = cloneJson(object);
  const keys = keysOf(pathsOf(kind).spec);
  const last = keys.pop();
  const parent = keys.reduce((inner, key) => child(inner, key), result);
  if (last !== undefined) {
    parent[last] = size;
  }
  const version = part(scale, "metadata")["resourceVersion"];
  if (typeof version === "string" && version !== "") {
    child(result, "metadata")["resourceVersion"] = version;
  }
  return result;
}

function keysOf(path: string): string[] {
  return path.split(".").filter((key) => key !== "");
}

function at(object: Json, path: string): unknown {
  return path === "" ? undefined : keysOf(path).reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), object);
}

/** A label selector in the form of list requests. */
export function selectorText(selector: unknown): string {
  if (!isObject(selector)) {
    return String(selector);
  }
  const exact = Object.entries(part(selector, "matchLabels")).map(([key, value]) => [key, `${key}=${String(value)}`] as const);
  const sets = objectsOf(selector["matchExpressions"]).map(
    (expression) => [String(expression["key"]), expressionText(expression)] as const,
  );
  return [...exact, ...sets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text)
    .join(",");
}

function expressionText(expression: Json): string {
  const key = String(expression["key"]);
  const values = `(${listOf(expression["values"]).map(String).sort().join(",")})`;
  switch (expression["operator"]) {
    case "In":
      return `${key} in ${values}`;
    case "NotIn":
      return `${key} notin ${values}`;
    case "Exists":
      return key;
    default:
      return `!${key}`;
  }
}
