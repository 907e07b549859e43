import fc from "fast-check";
import { expect, test } from "vitest";
import { createQueue } from "../../src/cluster/queue.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const key = fc.constantFrom("a", "b", "c", "d", "e");
const happening = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key }),
  fc.record({ do: fc.constant("addAt" as const), key, inMs: fc.integer({ min: -50, max: 3000 }) }),
  fc.record({ do: fc.constant("retry" as const), key }),
  fc.record({ do: fc.constant("forget" as const), key }),
  fc.record({ do: fc.constantFrom("start" as const, "pause" as const) }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2000 }) }),
);

test("no key ever runs twice at once or before its time, no more run than workers, and none is lost", async () => {
  const runTimes = fc.infiniteStream(fc.record({ ms: fc.integer({ min: 0, max: 400 }), fails: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 60 }),
      runTimes,
      fc.integer({ min: 1, max: 3 }),
      async (happenings, times, concurrency) => {
        const clock = createVirtualClock();
        const active = new Set<string>();
        /** For each key the time from which it must run; absent: nothing is owed. */
        const owed = new Map<string, number>();
        const broken: string[] = [];
        let calm = false;
        const queue = createQueue({
          clock,
          random: () => 0.5,
          concurrency,
          async run(each) {
            if (active.has(each)) broken.push(`${each} runs twice`);
            const due = owed.get(each);
            if (due === undefined) broken.push(`${each} runs unasked`);
            else if (clock.monotonic() < due) broken.push(`${each} runs ${due - clock.monotonic()} ms early`);
            owed.delete(each);
            active.add(each);
            if (active.size > concurrency) broken.push("too many run");
            const { value } = times.next();
            if (value.ms > 0) await clock.sleep(value.ms);
            active.delete(each);
            if (value.fails && !calm) {
              owe(each, 0);
              throw new Error("failed");
            }
          },
          onError: () => {},
        });
        function owe(each: string, inMs: number): void {
          owed.set(each, Math.min(owed.get(each) ?? Number.POSITIVE_INFINITY, clock.monotonic() + Math.max(0, inMs)));
        }
        for (const each of happenings) {
          switch (each.do) {
            case "add":
              owe(each.key, 0);
              queue.add(each.key, "New");
              break;
            case "addAt":
              owe(each.key, each.inMs);
              queue.addAt(each.key, clock.now() + each.inMs, "Wake");
              break;
            case "retry":
              owe(each.key, 0);
              queue.retry(each.key);
              break;
            case "forget":
              queue.forget(each.key);
              break;
            case "start":
              queue.start();
              break;
            case "pause":
              void queue.pause();
              break;
            case "pass":
              await clock.advance(each.ms);
              break;
          }
        }
        calm = true;
        queue.start();
        await clock.advance(600_000);
        expect(broken).toEqual([]);
        expect([...owed.keys()]).toEqual([]);
        expect([queue.depth, queue.running, queue.lagMs, clock.timers]).toEqual([0, 0, 0, 0]);
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);
