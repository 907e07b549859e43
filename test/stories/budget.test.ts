/** What a release may cost the API server. */
import { expect, test } from "vitest";
import { SPEC } from "./moments.ts";
import { adopted } from "./story.ts";

test("idle costs nothing: no write in an hour", async () => {
  const story = await adopted({ spec: SPEC, replicas: 4 });
  await story.world.advance(3_600_000);
  expect(story.count()).toEqual({});
});

test("a release of ten replicas stays within its budget of writes", async () => {
  const writes: number[] = [];
  const story = await adopted({ onWrite: ({ verb }) => void (verb === "status" && writes.push(story?.world.clock.monotonic() ?? 0)) });
  story.push("checkout:2");
  await story.outcome("Promoted");
  const counts = story.count();
  const { events = 0, ...others } = counts;
  const sum = Object.values(others).reduce((a, b) => a + b, 0);
  expect(sum).toBeLessThanOrEqual(35);
  expect(sum + events).toBeLessThanOrEqual(45);
  const busiest = Math.max(...writes.map((at) => writes.filter((other) => other > at - 60_000 && other <= at).length));
  expect(busiest).toBeLessThanOrEqual(6);
});
