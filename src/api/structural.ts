/**
 * From zod's JSON Schema to the structural schemas of a CustomResourceDefinition.
 *
 * What structural schemas forbid goes (`additionalProperties: false`: the API server knows unknown fields by itself), what the
 * API server would word badly is left to the CEL rule beside it, and defaults inside lists stay out.
 */
import { z } from "zod";

export type Schema = { readonly [keyword: string]: unknown };

/** Validation keywords that are copied as they are. */
const KEPT = [
  "type",
  "format",
  "enum",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "maxProperties",
  "required",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-validations",
] as const;

/** JavaScript's own limits are no rule of ours. */
const UNLIMITED: readonly unknown[] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

export function structuralSchema(schema: z.ZodType): Schema {
  return rewrite(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as Schema, false);
}

function rewrite(schema: Schema, inList: boolean): Schema {
  const out: Record<string, unknown> = {};
  if (schema["description"] !== undefined) out["description"] = schema["description"];
  for (const keyword of KEPT) if (schema[keyword] !== undefined && !UNLIMITED.includes(schema[keyword])) out[keyword] = schema[keyword];
  if (!inList && schema["default"] !== undefined) out["default"] = schema["default"];
  if (schema["x-kubernetes-int-or-string"] === true) delete out["type"];
  if (schema["type"] === "integer") out["format"] = integerFormat(schema);
  if (schema["pattern"] !== undefined && schema["format"] === undefined && schema["x-kubernetes-validations"] === undefined) {
    out["pattern"] = schema["pattern"];
  }
  if (schema["type"] === "array") {
    out["x-kubernetes-list-type"] ??= "atomic";
    out["items"] = rewrite(schema["items"] as Schema, true);
  }
  if (schema["type"] === "object") Object.assign(out, objectKeywords(schema, inList));
  return out;
}

function integerFormat({ maximum }: Schema): string {
  return typeof maximum === "number" && maximum < 2 ** 31 ? "int32" : "int64";
}

function objectKeywords({ properties, additionalProperties }: Schema, inList: boolean): Schema {
  const out: Record<string, unknown> = {};
  if (isSchema(properties)) {
    out["properties"] = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, rewrite(child as Schema, inList)]));
  }
  if (isSchema(additionalProperties)) {
    if (Object.keys(additionalProperties).length === 0) out["x-kubernetes-preserve-unknown-fields"] = true;
    else out["additionalProperties"] = rewrite(additionalProperties, inList);
  }
  return out;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}
