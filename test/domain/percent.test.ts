import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePercent } from "../../src/domain/percent.ts";

describe("parsePercent", () => {
  it.each([
    ["99%", 0.99],
    ["99.9%", 0.999],
    ["99.95%", 0.9995],
    ["0%", 0],
    ["100%", 1],
    ["0.1%", 0.001],
    ["0.0001%", 0.000001],
  ])("reads %s as the number %d exactly", (text, fraction) => {
    expect(parsePercent(text)).toBe(fraction);
  });

  it.each(["", "%", "99", "0.99", "101%", "100.1%", "-1%", "99 %", "99.12345%", "1e1%", ".5%", "99%%"])("does not read %j", (text) => {
    expect(parsePercent(text)).toBeUndefined();
  });

  it("gives the number that the decimal fraction itself would give", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
        const text = `${Math.floor(ppm / 10_000)}.${String(ppm % 10_000).padStart(4, "0")}%`;
        expect(parsePercent(text)).toBe(ppm / 1_000_000);
      }),
    );
  });
});
