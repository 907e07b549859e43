/** How the pods of many releases are divided among queries. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { chunksOf } from "../../src/metrics/chunks.ts";
import type { Target } from "../../src/metrics/source.ts";
import { labPod } from "./lab.ts";

/** Releases of so many pods. */
function targets(sizes: readonly number[]): Target[] {
  return sizes.flatMap((size, index) =>
    Array.from({ length: size }, (_, pod) => ({
      namespace: "lab",
      pod: labPod("canary-0", { uid: `${index}-${pod}` }),
      views: new Set(["server"] as const),
      release: String(index),
      since: 0,
    })),
  );
}

function shape(chunks: readonly (readonly Target[])[]): string[] {
  return chunks.map((chunk) => chunk.map(({ release }) => release).join(""));
}

it.each([
  { why: "what fits is one", sizes: [2, 2], chunks: ["0011"] },
  { why: "a release begins a new one where there is room for it", sizes: [3, 2], chunks: ["000", "11"] },
  { why: "and is divided where that would cost one more", sizes: [3, 2, 3], chunks: ["0001", "1222"] },
  { why: "one that is larger than any is divided at once", sizes: [1, 5], chunks: ["0111", "11"] },
  { why: "nothing is none", sizes: [], chunks: [] },
])("$why", ({ sizes, chunks }) => {
  expect(shape(chunksOf(targets(sizes), 4))).toEqual(chunks);
});

it("each target is in one, in its place, in as few as there can be", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (sizes, size) => {
      const all = targets(sizes);
      const chunks = chunksOf(all, size);
      expect(chunks.flat()).toEqual(all);
      expect(chunks).toHaveLength(Math.ceil(all.length / size));
      expect(chunks.every(({ length }) => length > 0 && length <= size)).toBe(true);
    }),
  );
});
