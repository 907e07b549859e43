/**
 * From zod's issues to refusals that a person can act on: each names the field, the value and what to write instead. The words
 * come from the hints beside the schemas.
 */
import type { z } from "zod";
import { closest } from "./closest.ts";
import type { FieldError } from "./field-error.ts";
import { hints, type Path } from "./schema/hint.ts";
import { childAt, childrenOf, placesOf, unwrapped } from "./schema/walk.ts";

type Issue = z.core.$ZodIssue;

/** A refusal with the steps of its path, for whoever looks the place up. */
export interface Refusal extends FieldError {
  readonly steps: Path;
}

export function toFieldErrors(root: z.ZodType, error: z.ZodError, input: unknown): FieldError[] {
  return refusalsOf(root, error, input).map(({ path, value, message, fix }) => ({ path, value, message, fix }));
}

/** One for each field: the first says most. */
export function refusalsOf(root: z.ZodType, error: z.ZodError, input: unknown): Refusal[] {
  const found = error.issues.flatMap((issue) => fromIssue(root, issue, input));
  const seen = new Set<string>();
  return found.filter(({ path }) => !seen.has(path) && seen.add(path));
}

/** `spec.strategy.steps[1].weight`; keys that are no plain words are quoted. */
export function pathText(steps: Path): string {
  let text = "";
  for (const step of steps) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z_$][\w-]*$/.test(String(step))) text += `["${String(step)}"]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

export function valueAt(input: unknown, steps: Path): unknown {
  let value = input;
  for (const step of steps) value = typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  return value;
}

function fromIssue(root: z.ZodType, issue: Issue, input: unknown): Refusal[] {
  // Keys of JSON are strings and indexes.
  const steps = issue.path as Path;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(root, [...steps, key], input));
  const place = { path: pathText(steps), steps, value: valueAt(input, steps) };
  if (issue.code === "custom" && typeof issue.params?.["fix"] === "string") {
    return [{ ...place, message: issue.message, fix: issue.params["fix"] }];
  }
  return [{ ...place, ...refusal(childAt(root, steps), place.value, steps) }];
}

function refusal(schema: z.ZodType | undefined, value: unknown, path: Path): Pick<FieldError, "message" | "fix"> {
  const field = String(path.at(-1) ?? "the object");
  const hint = schema === undefined ? undefined : hints.get(unwrapped(schema));
  if (hint === undefined) return { message: "is not accepted here", fix: `remove ${field}` };
  const written = typeof path.at(-1) === "number" ? hint.example : `${field}: ${hint.example}`;
  if (value === undefined) return { message: `is required, and must be ${hint.expects}`, fix: `add ${written}` };
  if (value === null) return { message: `is empty, must be ${hint.expects}`, fix: `remove it or write ${written}` };
  const meant = hint.suggest?.(value) ?? similarWord(schema!, value);
  return { message: `must be ${hint.expects}`, fix: meant === undefined ? `write for example ${written}` : `write ${meant}` };
}

function similarWord(schema: z.ZodType, value: unknown): string | undefined {
  const bare = unwrapped(schema);
  if (bare.def.type !== "enum" || typeof value !== "string") return undefined;
  return closest(value, (bare as z.ZodEnum).options.map(String));
}

function unknownField(root: z.ZodType, steps: Path, input: unknown): Refusal {
  const key = String(steps.at(-1));
  const known = childrenOf(childAt(root, steps.slice(0, -1)));
  const fix = renamed(key, known) ?? moved(key, root) ?? `remove it; known here: ${known.join(", ")}`;
  return { path: pathText(steps), steps, value: valueAt(input, steps), message: "is an unknown field", fix };
}

function renamed(key: string, known: readonly string[]): string | undefined {
  const meant = closest(key, known);
  return meant === undefined ? undefined : `write ${meant}`;
}

function moved(key: string, root: z.ZodType): string | undefined {
  const places = placesOf(root, key);
  return places.length === 0 ? undefined : `move it to ${places.join(" or ")}`;
}
