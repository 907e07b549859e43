import fc from "fast-check";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

test("timers run in the order of their times, equal ones in the order in which they were set, cancelled ones not at all", () => {
  const timer = fc.record({ ms: fc.nat(20), cancelled: fc.boolean() });
  fc.assert(
    fc.property(fc.array(timer), (timers) => {
      const clock = createVirtualClock(0);
      const ran: number[] = [];
      const cancels = timers.map(({ ms }, index) => clock.schedule(ms, () => ran.push(index)));
      for (const [index, cancel] of cancels.entries()) {
        if (timers[index]?.cancelled) {
          cancel();
        }
      }
      clock.advance(20);
      const expected = [...timers.entries()].filter(([, { cancelled }]) => !cancelled).sort(([, a], [, b]) => a.ms - b.ms);
      expect(ran).toEqual(expected.map(([index]) => index));
    }),
  );
});

test("within an advance, what a timer sets for it runs too, each at its own time", () => {
  const clock = createVirtualClock(1000);
  const seen: number[] = [];
  const again = () => {
    seen.push(clock.now());
    clock.schedule(30, again);
  };
  clock.schedule(10, again);
  clock.advance(80);
  expect(seen).toEqual([1010, 1040, 1070]);
  expect(clock.now()).toBe(1080);
  expect(clock.nextAt()).toBe(100);
});

test("runNext goes to the next timer", () => {
  const clock = createVirtualClock(0);
  expect(clock.runNext()).toBe(false);
  clock.schedule(500, () => {});
  expect(clock.runNext()).toBe(true);
  expect(clock.monotonic()).toBe(500);
});

test("a sleeper wakes in its time, or with the signal's reason", async () => {
  const clock = createVirtualClock(0);
  const slept = clock.sleep(100);
  const abort = new AbortController();
  const stopped = clock.sleep(100, abort.signal);
  abort.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
  clock.advance(100);
  await slept;
  expect(clock.nextAt()).toBeUndefined();
});
