/** The patch types as functions from an object to the object that is wanted. */
import { applyPatch, type Operation } from "rfc6902";
import { cloneJson, isObject, type Json, mergePatch } from "./json.ts";
import { badRequest, patchRefused } from "./status-error.ts";
import type { Patch } from "./store.ts";
import { strategicMerge } from "./strategic-merge.ts";

/** Every patch but server-side apply, which `fields/apply.ts` does. */
export type PlainPatch = Exclude<Patch, { readonly type: "apply" }>;

/** `schema`: of the object, for strategic merge patches. */
export function applyToObject(schema: Json, current: Json, patch: PlainPatch): Json {
  const patched = patch.type === "json" ? jsonPatched(current, patch.body) : merged(schema, current, patch);
  if (!isObject(patched)) {
    throw badRequest("the patch leaves no object");
  }
  return patched;
}

function merged(schema: Json, current: Json, patch: PlainPatch): unknown {
  if (!isObject(patch.body)) {
    throw badRequest("error decoding patch: a merge patch is an object");
  }
  return patch.type === "strategic" ? strategicMerge(schema, current, patch.body) : mergePatch(current, patch.body);
}

const OPERATIONS = new Set(["add", "remove", "replace", "move", "copy", "test"]);

function jsonPatched(current: Json, body: unknown): unknown {
  if (!Array.isArray(body) || !body.every((operation) => isObject(operation) && OPERATIONS.has(String(operation["op"])))) {
    throw badRequest("error decoding patch: a JSON patch is a list of operations");
  }
  // The library changes the document in place and shares the operations' values with it.
  const draft = { root: cloneJson(current) };
  for (const operation of cloneJson(body) as Operation[]) {
    const pointers = "from" in operation ? { from: rooted(operation.from) } : {};
    const [error] = applyPatch(draft, [{ ...operation, path: rooted(operation.path), ...pointers } as Operation]);
    if (error) {
      throw patchRefused();
    }
  }
  return draft.root;
}

/** Below a key of our own, so that a patch may replace the whole document. */
function rooted(pointer: string): string {
  return `/root${pointer}`;
}
