import { expect, test } from "vitest";
import type { Behaviour } from "../../src/sim/world/traffic.ts";
import { adopted, deploymentOf, FORM, PAUSED_AT_REST } from "./story.ts";

const BAD = (image: string): Behaviour => ({ failRate: image === "checkout:2" ? 0.3 : 0.0005, latencyMs: 20 });

test("a good release is promoted", async () => {
  const story = await adopted();
  story.push("checkout:2");
  await story.outcome("Promoted");
  await story.world.advance(60_000);
  expect(story.broken).toEqual([]);
  expect(story.status()).toMatchObject({ phase: "Ready", stable: { images: ["checkout:2"] } });
  expect(story.weights()).toBe("no route");
  expect(deploymentOf(story).spec.paused).toBe(PAUSED_AT_REST);
  await expect(`${story.lines.join("\n")}\n`).toMatchFileSnapshot(`golden/promoted${FORM === "Always" ? "" : "-on-change"}.txt`);
});

test("a bad release is rolled back", async () => {
  const story = await adopted({ behaviourOf: BAD });
  story.push("checkout:2");
  await story.outcome("RolledBack");
  expect(story.weights()).toBe("100/0");
  await story.phase("RolledBack");
  await story.world.advance(60_000);
  expect(story.broken).toEqual([]);
  expect(story.weights()).toBe("no route");
  expect(story.status().conditions).toMatchObject([
    { type: "Ready", status: "False" },
    { type: "Stalled", status: "True" },
  ]);
  await expect(`${story.lines.join("\n")}\n`).toMatchFileSnapshot(`golden/rolled-back${FORM === "Always" ? "" : "-on-change"}.txt`);
});
