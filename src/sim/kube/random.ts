/** Randomness from a seed: uids, the suffixes of generated names, cluster addresses. The same seed tells the same story. */

/** Numbers in [0, 1). mulberry32: 32 bits of state are enough for names. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of a list that is not empty. */
export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** A UUID of version 4. */
export function randomUid(random: () => number): string {
  const hex = Array.from({ length: 31 }, () => Math.floor(random() * 16).toString(16)).join("");
  const variant = "89ab"[Math.floor(random() * 4)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

// Without vowels and look-alikes, as apimachinery's util/rand.
const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

export function randomSuffix(random: () => number, length = 5): string {
  return Array.from({ length }, () => SAFE_ALPHABET[Math.floor(random() * SAFE_ALPHABET.length)]).join("");
}
