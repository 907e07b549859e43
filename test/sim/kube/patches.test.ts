import { describe, expect, it } from "vitest";
import { SCHEMAS } from "../../../src/sim/kube/fields/field-types.ts";
import { mergePatch } from "../../../src/sim/kube/json.ts";
import { strategicMerge } from "../../../src/sim/kube/strategic-merge.ts";

describe("merge patch: the examples of RFC 7386, appendix A", () => {
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j is %j", (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

const POD_SPEC = SCHEMAS["io.k8s.api.core.v1.PodSpec"] ?? {};

describe("strategic merge patch", () => {
  const containers = [
    { name: "a", image: "a:1", env: [{ name: "X", value: "1" }], args: ["-x"] },
    { name: "b", image: "b:1" },
  ];
  it.each([
    ["an item by its key", { containers: [{ name: "b", image: "b:2" }] }, [containers[0], { name: "b", image: "b:2" }]],
    ["a new item", { containers: [{ name: "c", image: "c:1" }] }, [{ name: "c", image: "c:1" }, ...containers]],
    ["a deleted item", { containers: [{ name: "a", $patch: "delete" }] }, [containers[1]]],
    ["lists without keys as a whole", { containers: [{ name: "a", args: ["-y"] }] }, [{ ...containers[0], args: ["-y"] }, containers[1]]],
    [
      "lists inside of items",
      { containers: [{ name: "a", env: [{ name: "Y", value: "2" }] }] },
      [{ ...containers[0], env: [{ name: "Y", value: "2" }, ...(containers[0]?.env ?? [])] }, containers[1]],
    ],
  ])("merges %s", (_, patch, expected) => {
    expect(strategicMerge(POD_SPEC, { containers }, patch)).toEqual({ containers: expected });
  });

  it("removes fields that are null, and keeps only those that $retainKeys names", () => {
    expect(strategicMerge({}, { a: 1, b: 2 }, { a: null })).toEqual({ b: 2 });
    expect(strategicMerge({}, { type: "RollingUpdate", rollingUpdate: {} }, { $retainKeys: ["type"], type: "Recreate" })).toEqual({
      type: "Recreate",
    });
  });

  // As a real API server (1.36.3) ordered them.
  it.each([
    ["n b a", "n x y b a z"],
    ["a n b", "x a n y b z"],
    [undefined, "n x a y b z"],
  ])("puts a new item n in the order %s among x a y b z", (order, expected) => {
    const named = (names: string) => names.split(" ").map((name) => ({ name }));
    const patch = { containers: named("n"), ...(order && { "$setElementOrder/containers": named(order) }) };
    expect(strategicMerge(POD_SPEC, { containers: named("x a y b z") }, patch)).toEqual({ containers: named(expected) });
  });
});
