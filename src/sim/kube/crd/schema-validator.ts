/** OpenAPI v3 schemas of CustomResourceDefinitions, checked by ajv and told in the words of a real API server. */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { isObject, type Json } from "../json.ts";
import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from "../status-error.ts";

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  unicodeRegExp: false,
  logger: false,
  verbose: true,
  formats: { "date-time": RFC3339 },
});

export type SchemaValidator = (root: Json) => FieldProblem[];

export function compileSchema(schema: Json): SchemaValidator {
  const validate = ajv.compile(asJsonSchema(withoutMetadata(schema)) as Json);
  return (root) => problemsOf(validate, root);
}

function problemsOf(validate: ValidateFunction, root: Json): FieldProblem[] {
  if (validate(root)) {
    return [];
  }
  // The branches of a failed anyOf say nothing that the anyOf does not.
  const errors = (validate.errors ?? []).filter(
    (error) => !/\/(anyOf|oneOf|not)\/./.test(`${error.schemaPath}`.replace(/\/(anyOf|oneOf|not)$/, "")),
  );
  return errors.flatMap((error) => problemsIn(error, fieldPath(root, error.instancePath)));
}

function withoutMetadata(schema: Json): Json {
  if (!isObject(schema["properties"])) {
    return schema;
  }
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...properties } = schema["properties"];
  return { ...schema, properties };
}

/** Formats that ajv does not check, for what is said about them. */
const FORMAT = "x-format";
const DROPPED = new Set(["default", "description", "title", "example", "externalDocs", "nullable"]);

/** OpenAPI 3.0 as JSON Schema draft 7: other spellings of null, of exclusive bounds, of int-or-string. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(asJsonSchema);
  }
  if (!isObject(schema)) {
    return schema;
  }
  const result: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties" && isObject(value)) {
      result[key] = Object.fromEntries(Object.entries(value).map(([name, property]) => [name, asJsonSchema(property)]));
    } else if (key === "format") {
      Object.assign(result, value === "date-time" ? { format: value } : { [FORMAT]: value });
    } else if (!DROPPED.has(key) && !key.startsWith("x-kubernetes-")) {
      result[key] = key === "enum" || key === "required" ? value : asJsonSchema(value);
    }
  }
  return withBounds(withType(result, schema));
}

function withType(result: Json, schema: Json): Json {
  const type = schema["x-kubernetes-int-or-string"] === true ? ["integer", "string"] : schema["type"];
  if (type === undefined) {
    return result;
  }
  const { anyOf: _anyOf, ...rest } = result;
  const body = schema["x-kubernetes-int-or-string"] === true ? rest : result;
  return { ...body, type: schema["nullable"] === true ? [type, "null"].flat() : type };
}

function withBounds(schema: Json): Json {
  const result = { ...schema };
  for (const [flag, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (result[flag] === true) {
      result[flag] = result[bound];
      delete result[bound];
    } else if (result[flag] === false) {
      delete result[flag];
    }
  }
  return result;
}

/** `/spec/rules/0/name` as `spec.rules[0].name`; the value tells indexes from keys. */
function fieldPath(root: unknown, pointer: string): string {
  const keys = pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  let path = "";
  let value: unknown = root;
  for (const key of keys) {
    path += Array.isArray(value) ? `[${key}]` : `${path === "" ? "" : "."}${key}`;
    value = Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined;
  }
  return path;
}

function problemsIn(error: ErrorObject, field: string): FieldProblem[] {
  const format: unknown = error.parentSchema?.[FORMAT];
  const isFraction = error.keyword === "type" && typeof error.data === "number" && typeof format === "string";
  return isFraction ? fractionProblems(field, format) : [problemOf(error, field)];
}

/** A fraction where the schema wants an integer of a size is found twice. */
function fractionProblems(field: string, format: string): FieldProblem[] {
  const text = `${field} in body must be of type ${format}: "float64"`;
  return [
    { reason: "FieldValueTypeInvalid", field, message: `Invalid value: "float64": ${text}` },
    invalidValue("<nil>", "", `Checked value must be of type integer with format ${format} in ${field}`),
  ];
}

function problemOf(error: ErrorObject, field: string): FieldProblem {
  const { params, data } = error;
  const body = `${field} in body`;
  switch (error.keyword) {
    case "required":
      return requiredValue(field === "" ? params["missingProperty"] : `${field}.${params["missingProperty"]}`);
    case "type":
      return typeProblem(field, data, params["type"]);
    case "enum":
      return unsupportedValue(field, data, params["allowedValues"]);
    case "const":
      return unsupportedValue(field, data, [params["allowedValue"]]);
    case "minimum":
      return invalidValue(field, data, `${body} should be greater than or equal to ${params["limit"]}`);
    case "maximum":
      return invalidValue(field, data, `${body} should be less than or equal to ${params["limit"]}`);
    case "exclusiveMinimum":
      return invalidValue(field, data, `${body} should be greater than ${params["limit"]}`);
    case "exclusiveMaximum":
      return invalidValue(field, data, `${body} should be less than ${params["limit"]}`);
    case "multipleOf":
      return invalidValue(field, data, `${body} should be a multiple of ${params["multipleOf"]}`);
    case "minLength":
      return invalidValue(field, data, `${body} should be at least ${params["limit"]} chars long`);
    case "maxLength":
      return { reason: "FieldValueTooLong", field, message: `Too long: may not be more than ${params["limit"]} bytes` };
    case "minItems":
      return invalidValue(field, Array.isArray(data) ? data.length : 0, `${body} should have at least ${params["limit"]} items`);
    case "maxItems":
    case "maxProperties":
      return tooMany(field, data, params["limit"]);
    case "minProperties":
      return invalidValue(field, Object.keys(data ?? {}).length, `${body} should have at least ${params["limit"]} properties`);
    case "pattern":
      return invalidValue(field, data, `${body} should match '${params["pattern"]}'`);
    case "format":
      return invalidValue(field, data, `${body} must be of type ${params["format"]}: ${JSON.stringify(data)}`);
    case "anyOf":
    case "oneOf":
      return invalidValue(
        field,
        data,
        `${JSON.stringify(body)} must validate ${error.keyword === "anyOf" ? "at least one" : "one and only one"} schema (${error.keyword})`,
      );
    default:
      return invalidValue(field, data, `${body} ${error.message ?? "is not valid"}`);
  }
}

function typeProblem(field: string, value: unknown, wanted: string | readonly string[]): FieldProblem {
  const found = typeName(value);
  const types = [wanted].flat().filter((type) => type !== "null");
  const text = `${field} in body must be of type ${types.join(",")}: ${JSON.stringify(found)}`;
  return { reason: "FieldValueTypeInvalid", field, message: `Invalid value: ${JSON.stringify(found)}: ${text}` };
}

function typeName(value: unknown): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "array";
  }
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

function tooMany(field: string, value: unknown, limit: number): FieldProblem {
  const count = Array.isArray(value) ? value.length : Object.keys(isObject(value) ? value : {}).length;
  return { reason: "FieldValueTooMany", field, message: `Too many: ${count}: must have at most ${limit} items` };
}
