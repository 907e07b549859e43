/**
 * The identity of a version: a short hash of its pod template, equal for equal bytes on every machine and in every
 * release of Serin. Whether two templates *mean* the same is not decided here but in `template.ts`.
 */
import { createHash } from "node:crypto";
import type { PodTemplate } from "../domain/kube.ts";
import { withoutHash } from "./template.ts";

/** No vowels and no look-alikes, so that no word appears by chance: the alphabet of Kubernetes' own generated names. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** The first `length` characters of the SHA-256 of a text, each byte taken modulo the alphabet. */
export function safeHash(text: string, length: number): string {
  const digest = createHash("sha256").update(text).digest();
  return Array.from(digest.subarray(0, length), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** Ten characters that name a template as the API server stores it; its `pod-template-hash` label is left out. */
export function revisionOf(template: PodTemplate): string {
  const known = revisions.get(template);
  if (known !== undefined) return known;
  const revision = safeHash(canonicalJson(withoutHash(template)), 10);
  revisions.set(template, revision);
  return revision;
}

/** Objects that were observed are never changed, and the same one is asked about at every look. */
const revisions = new WeakMap<PodTemplate, string>();

/** JSON with sorted keys and no spaces. Members that are null are left out: some API servers store `creationTimestamp: null`. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  // A prototype-free object keeps a key like "__proto__" an ordinary one.
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, member] of members) result[key] = sorted(member);
  return result;
}
