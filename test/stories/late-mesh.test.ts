/** Proxies hear of new weights from their control plane, some seconds late while it has much to do. */
import { expect, test } from "vitest";
import type { Scrape } from "../../src/domain/samples.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Observed } from "../../src/engine/types.ts";
import { atWeight } from "./moments.ts";

const LATE_MS = 8_000;

/** All to stable until the mesh has got there. */
function seenLate(scrape: Scrape, writtenAt: number): Scrape {
  if (scrape.at >= writtenAt + LATE_MS) return scrape;
  const { stable, canary } = scrape;
  return { ...scrape, stable: { ...stable, meshed: stable.meshed + canary.meshed }, canary: { ...canary, meshed: 0 } };
}

function late(o: Observed): Observed {
  const writtenAt = Date.parse(o.rollout.status?.traffic?.writtenAt ?? "");
  if (Number.isNaN(writtenAt)) return o;
  return { ...o, samples: { ...o.samples, scrapes: o.samples.scrapes.map((scrape) => seenLate(scrape, writtenAt)) } };
}

test("a weight is confirmed as soon as the mesh has got there, whatever went elsewhere before", async () => {
  const story = await atWeight("50/50", { decide: (o) => decide(late(o)) });
  const from = story.world.clock.now();
  await story.world.advance(6_000);
  expect(story.status().traffic?.confirmedAt).toBeUndefined();
  await story.world.until("the step is over", () => story.weights() === "0/100");
  const seconds = (story.world.clock.now() - from) / 1000;
  // Late for 8 s, two scrapes, and the step's 10 s.
  expect(seconds).toBeGreaterThanOrEqual(20);
  expect(seconds).toBeLessThanOrEqual(30);
  await story.outcome("Promoted");
});
