/** The merge patch (RFC 7386) that makes one JSON value of another: members that went are null. */
type Json = Readonly<Record<string, unknown>>;

export function mergeDiff(from: Json, to: Json): Json {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [before, after] = [from[key], to[key]];
    if (after === undefined) {
      if (before !== undefined) {
        patch[key] = null;
      }
    } else if (isObject(before) && isObject(after)) {
      const inner = mergeDiff(before, after);
      if (Object.keys(inner).length > 0) {
        patch[key] = inner;
      }
    } else if (JSON.stringify(before) !== JSON.stringify(after)) {
      patch[key] = after;
    }
  }
  return patch;
}

/** The path of the first member of `wanted` that `found` has not, in maps within maps. */
export function missingIn(found: Json, wanted: Json, path: string): string | undefined {
  for (const [key, value] of Object.entries(wanted)) {
    const inner = found[key];
    if (value === undefined) continue;
    if (inner === undefined) return `${path}.${key}`;
    const deeper = isObject(value) && isObject(inner) ? missingIn(inner, value, `${path}.${key}`) : undefined;
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
