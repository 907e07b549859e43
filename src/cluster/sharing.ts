/**
 * Equal parts of JSON kept once. The versions of one application differ in an image and a variable or two, and its Deployment and the
 * ReplicaSet that runs hold the same template: what is equal is one object, for as long as somebody holds it. Objects of a store are
 * never changed, so nobody sees a difference.
 */
import { hash } from "node:crypto";

export type Share = <T>(value: T) => T;

/** Smaller parts cost less than the note of where they are. */
const WORTH_SHARING = 200;

export function createSharing(): Share {
  const known = new Map<string, WeakRef<object>>();
  const gone = new FinalizationRegistry<string>((digest) => {
    if (known.get(digest)?.deref() === undefined) known.delete(digest);
  });

  function share<T>(value: T): T {
    if (typeof value !== "object" || value === null) return value;
    const text = JSON.stringify(value);
    if (text.length < WORTH_SHARING) return value;
    const digest = hash("sha256", text, "base64");
    const before = known.get(digest)?.deref();
    if (before !== undefined) return before as T;
    const made = withSharedParts(value);
    known.set(digest, new WeakRef(made));
    gone.register(made, digest);
    return made;
  }

  function withSharedParts<T extends object>(value: T): T {
    if (Array.isArray(value)) return value.map(share) as unknown as T;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, share(part)])) as T;
  }

  return share;
}
