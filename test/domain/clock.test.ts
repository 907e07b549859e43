/** A process's wall time: forwards with the machine's, never back. */
import { expect, test } from "vitest";
import { steady } from "../../src/domain/clock.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

test("a clock that is set forward is followed, one that is set back goes on as time does until it is there again", async () => {
  const machine = createVirtualClock(1_000_000);
  const clock = steady(machine);
  machine.shiftWall(5_000);
  expect(clock.now()).toBe(1_005_000);
  machine.shiftWall(-60_000);
  await machine.advance(2_000);
  expect(clock.now()).toBe(1_007_000);
  machine.shiftWall(60_000);
  await machine.advance(1_000);
  expect(clock.now()).toBe(machine.now());
});
