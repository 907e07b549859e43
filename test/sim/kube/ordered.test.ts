import fc from "fast-check";
import { expect, test } from "vitest";
import { type KubeObject, keyOf } from "../../../src/domain/kube.ts";
import { inOrder, ofNamespace, putInOrder, removeInOrder } from "../../../src/sim/kube/ordered.ts";

const NAMESPACES = ["", "a", "a-b", "a0", "b"];
const change = fc.record({ namespace: fc.constantFrom(...NAMESPACES), name: fc.constantFrom("w", "x", "x-1", "y"), gone: fc.boolean() });

test("changes one by one leave what sorting all would give, of all and of each namespace", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const all = new Map<string, KubeObject>();
      const sorted: KubeObject[] = [];
      for (const [index, { namespace, name, gone }] of changes.entries()) {
        const metadata = { name, resourceVersion: String(index), ...(namespace === "" ? {} : { namespace }) };
        const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata };
        if (gone) {
          all.delete(keyOf(object));
          removeInOrder(sorted, keyOf(object));
        } else {
          all.set(keyOf(object), object);
          putInOrder(sorted, object);
        }
      }
      expect(sorted).toEqual(inOrder(all));
      for (const namespace of NAMESPACES) {
        expect(ofNamespace(sorted, namespace)).toEqual(inOrder(all).filter((object) => (object.metadata.namespace ?? "") === namespace));
      }
    }),
  );
});
