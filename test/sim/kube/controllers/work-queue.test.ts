import { expect, test } from "vitest";
import { createWorkQueue } from "../../../../src/sim/kube/controllers/work-queue.ts";
import { badRequest } from "../../../../src/sim/kube/status-error.ts";
import { createVirtualClock } from "../../../../src/sim/virtual-clock.ts";

function queue(pass: (key: string) => undefined | "retry" | { afterMs: number } = () => undefined) {
  const clock = createVirtualClock(0);
  const runs: string[] = [];
  const work = createWorkQueue({
    clock,
    latencyMs: 10,
    pass(key) {
      runs.push(`${key}@${clock.monotonic()}`);
      return pass(key);
    },
  });
  return { clock, runs, work };
}

test("a key waits once, and the earliest time wins", () => {
  const { clock, runs, work } = queue();
  work.add("a", 500);
  work.add("a");
  work.add("a", 300);
  work.add("b");
  clock.advance(1000);
  expect(runs).toEqual(["a@10", "b@10"]);
});

test("refusals come again after 5 ms and twice as long each time, and success forgets them", () => {
  let refusals = 3;
  const { clock, runs, work } = queue(() => {
    refusals -= 1;
    if (refusals >= 0) {
      throw badRequest("no");
    }
    return undefined;
  });
  work.add("a");
  clock.advance(1000);
  expect(runs).toEqual(["a@10", "a@15", "a@25", "a@45"]);
  refusals = 1;
  work.add("a");
  clock.advance(1000);
  expect(runs.slice(4)).toEqual(["a@1010", "a@1015"]);
});

test("a pass may ask for another one later; an event doesn't wait for it", () => {
  const { clock, runs, work } = queue(() => ({ afterMs: 400 }));
  work.add("a");
  clock.advance(100);
  work.add("a");
  clock.advance(500);
  expect(runs).toEqual(["a@10", "a@110", "a@510"]);
});

test("mistakes are not swallowed", () => {
  const { clock, work } = queue(() => {
    throw new TypeError("ours");
  });
  work.add("a");
  expect(() => clock.advance(10)).toThrow("ours");
});

test("after close nothing runs", () => {
  const { clock, runs, work } = queue();
  work.add("a");
  work.close();
  clock.advance(100);
  expect(runs).toEqual([]);
});
