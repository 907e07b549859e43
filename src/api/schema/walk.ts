/** Moving around in a tree of zod schemas by the paths of values. */
import { z } from "zod";

/** Without `optional` around it. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

export function childAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const step of path) at = at === undefined ? undefined : child(unwrapped(at), step);
  return at;
}

function child(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)] as z.ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return undefined;
}

/** Names of the fields of an object. */
export function childrenOf(schema: z.ZodType | undefined): string[] {
  const bare = schema === undefined ? undefined : unwrapped(schema);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** Where in the tree fields of this name are: `spec.strategy.steps`, `spec.strategy.steps[].weight`. */
export function placesOf(schema: z.ZodType, name: string, at = ""): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodArray) return placesOf(bare.element as z.ZodType, name, `${at}[]`);
  if (!(bare instanceof z.ZodObject)) return [];
  return Object.entries(bare.shape).flatMap(([key, value]) => {
    const path = at === "" ? key : `${at}.${key}`;
    return [...(key === name ? [path] : []), ...placesOf(value as z.ZodType, name, path)];
  });
}
