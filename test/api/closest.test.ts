import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closest, editDistance } from "../../src/api/closest.ts";

describe("closest", () => {
  it.each([
    ["stratgy", "strategy"],
    ["maxunready", "maxUnready"],
    ["weigth", "weight"],
    ["step", "steps"],
  ])("takes %s for %s", (word, meant) => {
    expect(closest(word, ["steps", "strategy", "maxUnready", "weight", "bake"])).toBe(meant);
  });

  it("guesses nothing from what is not similar", () => {
    expect(closest("mode", ["steps", "strategy", "weight"])).toBeUndefined();
    expect(closest("a", [])).toBeUndefined();
  });
});

describe("editDistance", () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom("a", "b", "c") });

  it("is 0 for equal words only, the same both ways, and at most the longer length", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it("counts a swap of neighbours once", () => {
    expect(editDistance("weigth", "weight")).toBe(1);
  });
});
