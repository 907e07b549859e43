/** One version's schema of a CustomResourceDefinition, compiled: validation in the order of a real API server. */
import { isObject, type Json } from "../json.ts";
import { type FieldProblem, invalidValue } from "../status-error.ts";
import { compileRules, ruleProblems } from "./cel-rules.ts";
import { compileSchema } from "./schema-validator.ts";
import { duplicateProblems } from "./structural.ts";

export interface CustomSchema {
  readonly schema: Json;
  /** `earlier`: of the metadata. Where one of them blocks, rules are not checked. */
  readonly problems: (root: Json, previous: Json | undefined, earlier?: readonly FieldProblem[]) => FieldProblem[];
}

// A simulation makes thousands of stores with the same definitions, and compiling one takes longer than a whole history.
const compiled = new Map<string, CustomSchema>();
const known = new WeakMap<Json, CustomSchema>();

/** Throws where a rule can't be parsed. */
export function customSchema(schema: Json): CustomSchema {
  const found = known.get(schema);
  if (found !== undefined) {
    return found;
  }
  const text = JSON.stringify(schema);
  const made = compiled.get(text) ?? compile(schema);
  compiled.set(text, made);
  if (Object.isFrozen(schema)) {
    known.set(schema, made);
  }
  return made;
}

/** Errors after which Kubernetes does not run CEL rules: they could not trust the types. */
const BLOCKING: ReadonlySet<string> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

function compile(schema: Json): CustomSchema {
  const validate = compileSchema(schema);
  const rules = compileRules(schema);
  return {
    schema,
    problems(root, previous, earlier = []) {
      const problems = [...validate(root), ...duplicateProblems(schema, root, "")];
      if (rules === undefined) {
        return problems;
      }
      if ([...earlier, ...problems].some((problem) => BLOCKING.has(problem.reason))) {
        const text =
          "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        return [...problems, invalidValue("<nil>", null, text)];
      }
      return [...problems, ...ruleProblems(rules, root, previous)];
    },
  };
}

/** What makes a schema not structural, or its rules unreadable. */
export function schemaProblems(schema: unknown, path: string): FieldProblem[] {
  if (!isObject(schema)) {
    return [{ reason: "FieldValueRequired", field: path, message: "Required value: schemas are required" }];
  }
  const structural = structurallySound.has(schema) ? [] : typeProblems(schema, path);
  if (structural.length === 0 && Object.isFrozen(schema)) {
    structurallySound.add(schema);
  }
  try {
    customSchema(schema);
    return structural;
  } catch (error) {
    return [...structural, invalidValue(path, "", error instanceof Error ? error.message : String(error))];
  }
}

/** Frozen schemas in which nothing was found: every new store is asked to take the same ones. */
const structurallySound = new WeakSet<Json>();

function typeProblems(schema: Json, path: string): FieldProblem[] {
  const free = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const own: FieldProblem[] =
    typeof schema["type"] === "string" || free
      ? []
      : [{ reason: "FieldValueRequired", field: `${path}.type`, message: "Required value: must not be empty for specified object fields" }];
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const inner = [
    ...properties.map(([key, property]) => [`${path}.properties[${key}]`, property] as const),
    [`${path}.items`, schema["items"]] as const,
    [`${path}.additionalProperties`, schema["additionalProperties"]] as const,
  ];
  return [...own, ...inner.flatMap(([field, property]) => (isObject(property) ? typeProblems(property, field) : []))];
}
