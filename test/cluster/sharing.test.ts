import fc from "fast-check";
import { expect, test } from "vitest";
import { createSharing } from "../../src/cluster/sharing.ts";

const env = (value: string) => Array.from({ length: 8 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `${value}-${index}` }));
const template = (image: string, value = "same") => ({
  spec: { containers: [{ name: "app", image, env: env(value) }], restartPolicy: "Always" },
});

test("what is equal is one object, in parts where the whole is not", () => {
  const share = createSharing();
  const [first, second, third] = [share(template("app:1")), share(template("app:1")), share(template("app:2"))];
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(third.spec.containers[0]?.env).toBe(first.spec.containers[0]?.env);
  expect(share(template("app:1", "other")).spec.containers[0]?.env).not.toBe(first.spec.containers[0]?.env);
});

test("no value changes", () => {
  const share = createSharing();
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(share(structuredClone(value)))).toBe(JSON.stringify(value));
    }),
  );
});

test("small parts stay their own", () => {
  const share = createSharing();
  expect(share({ name: "a" })).not.toBe(share({ name: "a" }));
});
