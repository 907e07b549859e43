import { beforeEach, describe, expect, test } from "vitest";
import { createQueue, type Queue } from "../../src/cluster/queue.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

let clock: VirtualClock;
let queue: Queue;
let runs: { readonly key: string; readonly at: number; readonly reasons: readonly string[] }[];
let work: (key: string) => Promise<void>;
let errors: string[];

beforeEach(() => {
  clock = createVirtualClock();
  runs = [];
  errors = [];
  work = async () => {};
  queue = createQueue({
    clock,
    random: () => 0,
    concurrency: 2,
    run(key, reasons) {
      runs.push({ key, at: clock.monotonic(), reasons });
      return work(key);
    },
    onError: (key, error) => errors.push(`${key}: ${String(error)}`),
  });
});

function story(): string[] {
  return runs.map(({ key, at }) => `${key}@${at}`);
}

describe("when", () => {
  test("nothing runs before start", async () => {
    queue.add("a", "New");
    await clock.advance(5000);
    expect([runs.length, queue.depth, queue.lagMs]).toEqual([0, 1, 5000]);
    queue.start();
    await clock.advance(0);
    expect([story(), queue.depth, queue.lagMs]).toEqual([["a@5000"], 0, 0]);
  });

  test("the earliest time wins, whichever came first, and the reasons add up", async () => {
    queue.start();
    queue.addAt("a", clock.now() + 3000, "Wake");
    queue.addAt("a", clock.now() + 1000, "Sooner");
    queue.addAt("a", clock.now() + 2000, "Sooner");
    await clock.advance(10_000);
    expect(runs).toEqual([{ key: "a", at: 1000, reasons: ["Wake", "Sooner"] }]);
  });

  test("a time that has passed is now", async () => {
    queue.start();
    queue.addAt("a", clock.now() - 1000, "Late");
    await clock.advance(0);
    expect(story()).toEqual(["a@0"]);
  });

  test("a wait of a month is a month", async () => {
    queue.start();
    const month = 30 * 86_400_000;
    queue.addAt("a", clock.now() + month, "Wake");
    await clock.advance(month - 1);
    expect(runs).toEqual([]);
    await clock.advance(1);
    expect(story()).toEqual([`a@${month}`]);
  });

  test("setting the wall clock neither holds nor hurries what waits", async () => {
    queue.start();
    queue.addAt("a", clock.now() + 1000, "Wake");
    clock.shiftWall(-3_600_000);
    await clock.advance(1000);
    expect(story()).toEqual(["a@1000"]);
  });
});

describe("one at a time", () => {
  test("a key asked for while it runs is held and run once after", async () => {
    const gate = Promise.withResolvers<void>();
    work = () => gate.promise;
    queue.start();
    queue.add("a", "First");
    await clock.advance(10);
    queue.add("a", "Second");
    queue.add("a", "Third");
    await clock.advance(10);
    expect([story(), queue.running, queue.depth]).toEqual([["a@0"], 1, 1]);
    gate.resolve();
    await clock.advance(10);
    expect(runs.map(({ at, reasons }) => [at, reasons])).toEqual([
      [0, ["First"]],
      [20, ["Second", "Third"]],
    ]);
  });

  test("a held key is not in the way of others", async () => {
    const gate = Promise.withResolvers<void>();
    work = (key) => (key === "a" ? gate.promise : Promise.resolve());
    queue.start();
    queue.add("a", "First");
    await clock.advance(0);
    queue.add("a", "Again");
    queue.add("b", "New");
    await clock.advance(0);
    expect(story()).toEqual(["a@0", "b@0"]);
  });

  test("no more run at once than workers", async () => {
    const gate = Promise.withResolvers<void>();
    work = () => gate.promise;
    queue.start();
    for (const key of ["a", "b", "c"]) queue.add(key, "New");
    await clock.advance(0);
    expect([queue.running, queue.depth]).toEqual([2, 1]);
    gate.resolve();
    await clock.advance(0);
    expect(story()).toEqual(["a@0", "b@0", "c@0"]);
  });
});

describe("failures", () => {
  test("a run that throws is told, and retried later and later until forgotten", async () => {
    work = async () => {
      throw new Error("no");
    };
    queue.start();
    queue.add("a", "New");
    await clock.advance(8000);
    expect(story()).toEqual(["a@0", "a@500", "a@1500", "a@3500", "a@7500"]);
    expect(errors[0]).toBe("a: Error: no");
    queue.forget("a");
    queue.add("a", "New");
    await clock.advance(600);
    expect(story().slice(5)).toEqual(["a@8000", "a@8500"]);
  });

  test("each key has a backoff of its own, and it ends at a minute", async () => {
    for (let i = 0; i < 20; i += 1) queue.retry("a");
    queue.retry("b");
    queue.start();
    await clock.advance(500);
    expect(story()).toEqual(["a@500", "b@500"]);
    queue.retry("a");
    await clock.advance(29_999);
    expect(runs).toHaveLength(2);
    await clock.advance(30_001);
    expect(runs).toHaveLength(3);
  });

  test("a removed key runs no more", async () => {
    queue.start();
    queue.addAt("a", clock.now() + 100, "Wake");
    queue.remove("a");
    await clock.advance(1000);
    expect([runs.length, clock.timers]).toEqual([0, 0]);
  });

  test("pause waits for what runs, keeps what waits, and start goes on", async () => {
    const gate = Promise.withResolvers<void>();
    work = (key) => (key === "a" ? gate.promise : Promise.resolve());
    queue.start();
    queue.add("a", "New");
    await clock.advance(0);
    let paused = false;
    void queue.pause().then(() => {
      paused = true;
    });
    queue.add("b", "New");
    await clock.advance(10);
    expect([paused, story()]).toEqual([false, ["a@0"]]);
    gate.resolve();
    await clock.advance(10);
    expect([paused, story()]).toEqual([true, ["a@0"]]);
    queue.start();
    await clock.advance(0);
    expect(story()).toEqual(["a@0", "b@20"]);
  });
});

describe("what cannot wait", () => {
  const isBusy = async () => void (await clock.sleep(1000));

  test("goes before all that are ready, however long they have waited", async () => {
    queue.add("a", "New");
    queue.add("b", "New");
    queue.addFirst("b", "Failures");
    queue.addFirst("c", "Failures");
    queue.start();
    await clock.advance(0);
    expect(runs.map(({ key, reasons }) => [key, ...reasons])).toEqual([
      ["b", "New", "Failures"],
      ["c", "Failures"],
      ["a", "New"],
    ]);
  });

  test("has workers of its own, as many as there are for all", async () => {
    work = isBusy;
    queue.start();
    for (const key of ["a", "b", "c"]) queue.add(key, "New");
    for (const key of ["d", "e", "f"]) queue.addFirst(key, "Failures");
    await clock.advance(0);
    expect([story(), queue.running, queue.depth]).toEqual([["a@0", "b@0", "d@0", "e@0"], 4, 2]);
    await clock.advance(1000);
    expect(story().slice(4)).toEqual(["f@1000", "c@1000"]);
  });

  test("waits for a run of its own that is under way, and is first then", async () => {
    work = isBusy;
    queue.start();
    for (const key of ["a", "b", "c"]) queue.add(key, "New");
    queue.addFirst("a", "Failures");
    await clock.advance(1000);
    expect(story()).toEqual(["a@0", "b@0", "a@1000", "c@1000"]);
  });

  test("is gone when it is removed", async () => {
    queue.addFirst("a", "Failures");
    queue.remove("a");
    queue.start();
    await clock.advance(5000);
    expect(runs).toEqual([]);
  });
});
