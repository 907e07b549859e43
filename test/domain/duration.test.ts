import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_PATTERN, formatDuration, parseDuration } from "../../src/domain/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0s", 0],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1s500ms", 1_500],
    ["30m1h", 5_400_000],
    ["1m1m", 120_000],
    ["99999h", 359_996_400_000],
    ["007s", 7_000],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "0", "1", "s", "1 s", "-1s", "+1s", "1.5h", "1d", "1S", "100000h", "1h1h1h1h1h", "1ms1", " 1s", "1s\n"])(
    "does not read %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("reads exactly what the pattern of the schemas matches", () => {
    const part = fc.tuple(fc.constantFrom("", "0", "7", "123", "99999", "123456"), fc.constantFrom("h", "m", "s", "ms", "", "d"));
    const texts = fc.array(part, { maxLength: 5 }).map((parts) => parts.flat().join(""));
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseDuration(text) !== undefined).toBe(new RegExp(DURATION_PATTERN).test(text));
      }),
    );
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [90_000, "1m30s"],
    [5_400_000, "1h30m"],
    [86_400_000, "24h"],
    [1, "1ms"],
    [61_001, "1m1s1ms"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("is read back as what was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 * 3_600_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it("refuses what no duration can say", () => {
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e15]) expect(() => formatDuration(ms)).toThrow(RangeError);
  });
});
