/**
 * The label that tells the pods of one ReplicaSet from another's. Like Kubernetes' in form (32 bits of FNV-1a, as decimal digits in the safe
 * alphabet), not in value: that hashes Go's memory layout. Whoever compares it with a real one must ignore the value.
 */
import type { PodTemplate } from "../../../../domain/kube.ts";
import { isObject } from "../../json.ts";

const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** `collisions`: how often an earlier hash of this Deployment was taken by another set. */
export function templateHash(template: PodTemplate, collisions = 0): string {
  const text = `${canonical(template)}${collisions > 0 ? `#${collisions}` : ""}`;
  return String(fnv32a(text)).replace(/\d/g, (digit) => SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length] ?? digit);
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, field) =>
    isObject(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
