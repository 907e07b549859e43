import fc from "fast-check";
import { expect, test } from "vitest";
import { createReflector } from "../../src/cluster/reflector.ts";
import { createStore } from "../../src/cluster/store.ts";
import { withoutManagedFields } from "../../src/cluster/trim.ts";
import { type KubeObject, keyOf, RESOURCES } from "../../src/domain/kube.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { createModelServer } from "./support/model-server.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("write" as const), name, value: fc.nat(99) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("own write" as const),
      name,
      value: fc.nat(99),
      answeredAfterMs: fc.constantFrom(0, 5, 2000, 400_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("erase" as const), name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 900, 20_000, 400_000) }) },
  fc.record({ do: fc.constantFrom("compact" as const, "disconnect" as const, "swallow" as const, "repeat" as const) }),
  fc.record({ do: fc.constant("restore" as const), back: fc.constantFrom(1, 3, 90) }),
  fc.record({
    do: fc.constant("fail" as const),
    what: fc.constantFrom("list" as const, "watch" as const),
    count: fc.integer({ min: 1, max: 4 }),
  }),
);

test("under drops, repeats, disconnects, compactions and restores the store converges to the server's truth and never goes back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), fc.integer(), async (happenings, seed) => {
      const clock = createVirtualClock();
      const server = createModelServer(clock);
      const stop = new AbortController();
      let restored = false;
      const store = createStore<KubeObject>({
        trim: withoutManagedFields,
        onListenerError: (error) => {
          throw error;
        },
      });
      const seen = new Map<string, KubeObject>();
      const backwards: string[] = [];
      store.onChange((old, next) => {
        const key = keyOf((next ?? old)!);
        // The changes tell the whole story: each begins where the last one ended.
        if (seen.get(key) !== old) backwards.push(`${key}: a change was not told`);
        if (next === undefined) seen.delete(key);
        else seen.set(key, next);
        const [from, to] = [Number(old?.metadata.resourceVersion ?? 0), Number(next?.metadata.resourceVersion ?? 0)];
        if (next !== undefined && to < from && !restored) backwards.push(`${key}: ${from} to ${to}`);
      });
      let state = seed >>> 0;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      const reflector = createReflector({ client: server.client, resource: RESOURCES.services, sink: store, clock, random });
      const done = reflector.run(stop.signal);
      for (const each of happenings) {
        switch (each.do) {
          case "write":
            server.write(each.name, each.value);
            break;
          case "own write": {
            const answer = server.write(each.name, each.value);
            if (each.answeredAfterMs === 0) store.put(answer);
            else clock.schedule(each.answeredAfterMs, () => store.put(answer));
            break;
          }
          case "erase":
            server.erase(each.name);
            break;
          case "pass":
            await clock.advance(each.ms);
            break;
          case "compact":
            server.compact();
            break;
          case "disconnect":
            server.disconnect();
            break;
          case "swallow":
            server.swallowNext();
            break;
          case "repeat":
            server.repeatNext();
            break;
          case "restore":
            restored = true;
            server.restore(each.back);
            break;
          case "fail":
            server.failNext(each.what, each.count);
            break;
        }
      }
      await clock.advance(2 * 3_600_000);
      const kept = new Map(store.list().map((object) => [keyOf(object), Number(object["value"])]));
      stop.abort();
      await done;
      expect(backwards).toEqual([]);
      expect(kept).toEqual(server.truth());
      expect(reflector.failure).toBeUndefined();
    }),
    { numRuns: 150 },
  );
}, 120_000);
