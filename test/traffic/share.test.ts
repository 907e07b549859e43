/** The observed share against the weight: confirmed, contradicted, or too few requests to say. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { confirmShare, type ShareVerdict } from "../../src/traffic/share.ts";

it.each<[string, number, number, number, ShareVerdict]>([
  ["no traffic", 0, 0, 20, "TooFew"],
  ["four canary requests", 4, 20, 20, "TooFew"],
  ["five", 5, 25, 20, "Confirmed"],
  ["as asked", 196, 1000, 20, "Confirmed"],
  ["a second route beats ours: the canary gets nothing", 0, 100, 20, "Contradicted"],
  ["nothing yet at 1 %, which may be chance", 0, 200, 1, "TooFew"],
  ["nothing at 1 % in a thousand", 0, 1000, 1, "Contradicted"],
  ["a gateway merged endpoints: 99/1 arrived as 50/50", 5, 10, 1, "Contradicted"],
  ["a dead stable sends everything to the canary", 40, 40, 1, "Contradicted"],
  ["all of it at 100 %", 50, 50, 100, "Confirmed"],
  ["stragglers at 100 %", 998, 1000, 100, "Confirmed"],
  ["an eighth missing at 100 %", 875, 1000, 100, "Contradicted"],
  ["none of it at 0 %", 0, 50, 0, "Confirmed"],
  ["stragglers at 0 %", 2, 1000, 0, "Confirmed"],
  ["still 20 % at 0 %", 200, 1000, 0, "Contradicted"],
  ["no traffic at 0 %", 0, 0, 0, "TooFew"],
])("%s", (_, canary, total, weight, verdict) => {
  expect(confirmShare({ canary, total, weight })).toBe(verdict);
});

describe("the 99.9 % interval", () => {
  // Edges of the set of canary counts whose Clopper-Pearson interval holds the weight.
  it.each([
    [1000, 20, 159, 243],
    [500, 5, 11, 42],
  ])("of %i requests at %i %%", (total, weight, low, high) => {
    expect(confirmShare({ canary: low, total, weight })).toBe("Confirmed");
    expect(confirmShare({ canary: high, total, weight })).toBe("Confirmed");
    expect(confirmShare({ canary: low - 1, total, weight })).toBe("Contradicted");
    expect(confirmShare({ canary: high + 1, total, weight })).toBe("Contradicted");
  });

  it("holds the weight in the middle and loses it once, on each side", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 50, max: 3000 }), (weight, total) => {
        const verdicts = Array.from({ length: total + 1 }, (_, canary) => confirmShare({ canary, total, weight }) === "Contradicted");
        const middle = Math.round((total * weight) / 100);
        expect(verdicts[middle]).toBe(false);
        const edges = verdicts.filter((contradicted, index) => index > 0 && contradicted !== verdicts[index - 1]).length;
        expect(edges).toBeLessThanOrEqual(2);
      }),
      { numRuns: 30 },
    );
  });
});
