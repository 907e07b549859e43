/** How a body is refused that can't be read as its kind: the texts are those of Go's decoders. */
import { isObject, type Json } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { badRequest, StatusError } from "./status-error.ts";

/** Where a body comes from decides how its mistakes are told: of a strategic merge patch, the patch is shown. */
export type Origin = "body" | "patch" | { readonly strategic: unknown };

export function goType(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : value === null ? "object" : typeof value;
}

export function undecodable(kind: Kind, body: Json, origin: Origin, text: string): StatusError {
  if (origin === "body") {
    return badRequest(`${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${text}`);
  }
  const value = JSON.stringify(origin === "patch" ? JSON.stringify(sorted(body)) : goText(origin.strategic));
  const cause = { reason: "FieldValueInvalid", message: `Invalid value: ${value}: ${text}`, field: "patch" };
  return new StatusError(422, "Invalid", ` "" is invalid: patch: ${cause.message}`, { causes: [cause] });
}

/** As Go prints a map: `map[spec:map[x:1]]`. */
function goText(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(goText).join(" ")}]`;
  }
  if (!isObject(value)) {
    return value === null ? "<nil>" : String(value);
  }
  const fields = Object.keys(value).sort();
  return `map[${fields.map((key) => `${key}:${goText(value[key])}`).join(" ")}]`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, sorted(value[key])]),
      )
    : value;
}
