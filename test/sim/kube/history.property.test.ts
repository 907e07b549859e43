/** Whatever happens: lists of the past, the present and the changes between them tell one story. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { KubeList } from "../../../src/sim/kube/store.ts";
import { CONFIG_MAPS, configMap, createWorld } from "./support/world.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  fc.record({ do: fc.constant("create" as const), name }),
  fc.record({ do: fc.constant("patch" as const), name, value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant("delete" as const), name }),
  fc.record({ do: fc.constant("hold" as const), name, held: fc.boolean() }),
);

it("every earlier list can be asked for, and the changes since lead from it to the present", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store } = createWorld();
      const past: KubeList[] = [store.list(CONFIG_MAPS)];
      for (const one of steps) {
        const there = store.find(CONFIG_MAPS, "shop", one.name) !== undefined;
        if (one.do === "create" && !there) {
          store.create(CONFIG_MAPS, "shop", configMap(one.name));
        } else if (one.do === "patch" && there) {
          store.patch(CONFIG_MAPS, "shop", one.name, { type: "merge", body: { data: { k: String(one.value) } } });
        } else if (one.do === "delete" && there) {
          store.delete(CONFIG_MAPS, "shop", one.name);
        } else if (one.do === "hold" && there && store.get(CONFIG_MAPS, "shop", one.name).metadata.deletionTimestamp === undefined) {
          const finalizers = one.held ? ["x.dev/hold"] : null;
          store.patch(CONFIG_MAPS, "shop", one.name, { type: "merge", body: { metadata: { finalizers } } });
        }
        past.push(store.list(CONFIG_MAPS));
      }
      for (const list of past) {
        const at = Number(list.resourceVersion);
        expect(store.list(CONFIG_MAPS, { at })).toEqual(list);
        const replayed = new Map(list.items.map((object) => [object.metadata.name, object]));
        for (const { type, object } of store.changesSince(at)) {
          expect(replayed.has(object.metadata.name)).toBe(type !== "ADDED");
          if (type === "DELETED") {
            replayed.delete(object.metadata.name);
          } else {
            replayed.set(object.metadata.name, object);
          }
        }
        expect([...replayed.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))).toEqual(store.list(CONFIG_MAPS).items);
      }
    }),
  );
});
