/** Equal as JSON would store it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sameJson } from "../../src/engine/same-json.ts";

const json = fc.jsonValue({ maxDepth: 3 });

test("two values are the same exactly where their JSON means the same", () => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? {
            members: Object.entries(value)
              .map(([key, member]) => [key, sorted(member)])
              .sort(),
          }
        : value;
  const text = (value: unknown) => JSON.stringify(sorted(JSON.parse(JSON.stringify(value))));
  const plain = json.filter((value) => !JSON.stringify(value).includes("__proto__"));
  fc.assert(fc.property(plain, plain, (a, b) => sameJson(a, a) && sameJson(a, b) === (text(a) === text(b))));
});

test.each([
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { b: undefined, a: 1 }, true],
  [{ a: null }, {}, false],
  [[{ x: undefined }], [{}], true],
  [[], {}, false],
])("%j and %j: %s", (a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
  expect(sameJson(b, a)).toBe(same);
});
