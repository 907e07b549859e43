/**
 * Real controller processes, killed with -9 and cut off from the API server in the middle of a release, under real
 * requests: a standby takes over, the good version is promoted and nobody notices, the bad one is cut off all the same.
 */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { APP, SHOP } from "../../src/standin/demo/manifests.ts";
import { openShop } from "../support/shop.ts";

const plan = { weights: [20, 50], minDuration: "8s", bake: "5s", failAfterSeconds: 25 };

test("a leader killed, then the API server away: the standby promotes the good version, and no request fails", async () => {
  const shop = await openShop(plan);
  const leader = await shop.adopt();
  await shop.cluster.startController();
  await shop.push("v2");
  await shop.until("20 %", () => shop.weight() === 20);
  await leader.kill();
  await shop.until("50 % by the standby", () => shop.weight() === 50);
  await shop.cluster.outage({ type: "reset" });
  await clock.sleep(5_000);
  await shop.cluster.outage(undefined);
  await shop.until("promoted", () => shop.outcome() === "Promoted");
  await shop.until("only v2", () => shop.pods("v1").length === 0 && shop.weight() === undefined);
  expect((await shop.closingTally()).causes).toEqual({});
}, 240_000);

test("killed under the weight of a bad version: the next process cuts it off", async () => {
  const shop = await openShop(plan);
  const { world } = shop.cluster;
  const first = await shop.adopt();
  await shop.push("v3");
  await shop.until("20 %", () => shop.weight() === 20);
  await first.kill();
  await shop.cluster.startController();
  await shop.until("cut", () => shop.outcome() === "RolledBack");
  expect(Math.max(...world.weights.map(({ weight }) => weight ?? 0))).toBeLessThanOrEqual(50);
  expect(world.status().history?.[0]?.reason).toContain("AnalysisFailed");
  const { revision } = world.status().history?.[0] ?? {};
  const lines = (await readFile(shop.cluster.controllerLog, "utf8")).trimEnd().split("\n");
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["revision"] === revision);
  expect(told.at(-1)).toMatchObject({ rollout: `${SHOP}/${APP}`, reconcile: expect.any(Number), phase: expect.any(String) });
  await shop.until("taken apart", () => shop.weight() === undefined && world.status().phase === "RolledBack");
  expect(world.pods(SHOP).get("v1")).toEqual({ all: 2, ready: 2 });
}, 240_000);
