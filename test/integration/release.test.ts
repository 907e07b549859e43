/** A good and a bad release from Git's change to the end, under load: what users, pods, Services and Git see of it. */
import { expect, test } from "vitest";
import { APP, SHOP } from "../../src/standin/demo/manifests.ts";
import { openShop, type Shop } from "../support/shop.ts";

const names = (shop: Shop, version: string) => shop.pods(version).map(({ metadata }) => metadata.name);
const pinOf = (shop: Shop, name: string) =>
  shop.services().find(({ metadata }) => metadata.name === name)?.spec.selector?.["pod-template-hash"];

/** The fewest ready endpoints that the apex had, looked at after every change. */
function watchApex(shop: Shop): () => number {
  let fewest = Number.POSITIVE_INFINITY;
  shop.watch(() => {
    fewest = Math.min(fewest, shop.readyEndpoints(APP));
  });
  return () => fewest;
}

test("a good version: no request fails, the tried pods stay, the apex is never short, and nothing of Serin is left", async () => {
  const shop = await openShop({ replicas: 3, weights: [10, 50] });
  await shop.adopt();
  const before = shop.deployment();
  const fewest = watchApex(shop);
  const costs = await shop.cluster.costs();
  await shop.push("v2");
  await shop.until("at 100 %", () => shop.weight() === 100);
  await shop.until("all pods of the trial", () => shop.pods("v2").length === 3);
  const tried = names(shop, "v2");
  await shop.until("promoted", () => shop.outcome() === "Promoted");
  await shop.until("only v2", () => shop.pods("v1").length === 0 && shop.weight() === undefined);
  await shop.until("Ready", () => shop.cluster.world.status().phase === "Ready");
  expect(names(shop, "v2").sort()).toEqual(tried.sort());
  expect((await shop.closingTally()).causes).toEqual({});
  expect(fewest()).toBeGreaterThanOrEqual(3);
  expect(shop.services().map(({ metadata }) => metadata.name)).toEqual([APP]);
  expect(pinOf(shop, APP)).toBeUndefined();
  expect(shop.sets().filter(({ spec }) => (spec.replicas ?? 0) > 0)).toHaveLength(1);
  const { apiWrites, podsStarted } = await shop.cluster.costs();
  expect(apiWrites - costs.apiWrites).toBeLessThanOrEqual(45);
  expect(podsStarted - costs.podsStarted).toBe(3);
  const after = shop.deployment();
  expect(after?.spec).toEqual({ ...before?.spec, template: after?.spec.template });
}, 240_000);

test("a bad version: only its own requests fail, stable's pods are never touched, and it is not shipped when the rollout is deleted", async () => {
  const shop = await openShop();
  await shop.adopt();
  const stable = names(shop, "v1");
  await shop.push("v3");
  await shop.until("rolled back", () => shop.outcome() === "RolledBack");
  await shop.until("taken apart", () => shop.weight() === undefined && shop.pods("v3").length === 0);
  const { failures } = await shop.cluster.tally(SHOP);
  expect(names(shop, "v1").sort()).toEqual(stable.sort());
  expect(shop.deployment()?.spec.paused).toBe(true);

  await shop.cluster.kube.delete({ group: "serin.dev", version: "v1alpha1", plural: "canaryrollouts", kind: "CanaryRollout" }, SHOP, APP);
  await shop.until("given back, frozen", () => shop.deployment()?.metadata.annotations?.["serin.dev/frozen"] !== undefined);
  expect(shop.deployment()?.spec.paused).toBe(true);
  expect(names(shop, "v1").sort()).toEqual(stable.sort());
  const { byVersion, failures: later } = await shop.closingTally();
  expect(later).toBe(failures);
  expect(byVersion["v3"]?.failures).toBe(failures);
}, 240_000);
