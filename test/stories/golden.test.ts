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

test("steps in tenths of a percent are parts of a thousand, tried with one pod, and climb in order", async () => {
  const steps = ["0.1%", "2.5%", 20].map((weight) => ({ weight, minDuration: "10s" }));
  const story = await adopted({
    replicas: 4,
    requestsPerSecond: 2_000,
    spec: { strategy: { steps, bake: "10s" }, analysis: { interval: "2s" } },
  });
  const seen: string[] = [];
  const sizes = new Map<string, number | undefined>();
  story.world.store.subscribe(({ resource }) => {
    if (resource.plural !== "httproutes" || seen.at(-1) === story.weights()) return;
    seen.push(story.weights());
    sizes.set(story.weights(), story.set("trial")?.spec.replicas);
  });
  story.push("checkout:2");
  await story.world.until("0.1 %", () => story.status().traffic?.weight === "0.1%" && story.weights() === "999/1");
  expect(story.status()).toMatchObject({ step: { weight: "0.1%", position: "1/3" } });
  await story.outcome("Promoted");
  expect(seen.filter((weights) => weights !== "no route")).toEqual(["100/0", "999/1", "975/25", "80/20", "0/100"]);
  expect([sizes.get("999/1"), sizes.get("975/25"), sizes.get("80/20")]).toEqual([1, 1, 1]);
  expect(story.broken).toEqual([]);
});
