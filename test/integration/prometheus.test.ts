/**
 * Releases judged by a real Prometheus that scrapes the stand-in proxies as linkerd-viz does, one job on the port linkerd-admin with
 * the pod's name and namespace as labels; the real controller process, real requests.
 */
import { expect, test } from "vitest";
import { requires } from "../support/requires.ts";
import { openShop, type Shop } from "../support/shop.ts";

const PATIENCE = 400_000;
const plan = { source: "Prometheus", replicas: 3, weights: [20, 50], minDuration: "5s", minRequests: 10, failAfterSeconds: 5 } as const;
const prometheus = requires("prometheus");

const verdict = ({ cluster }: Shop) => cluster.world.status().analysis?.verdict;
const healthy = ({ cluster }: Shop) => cluster.world.status().conditions?.find(({ type }) => type === "AnalysisHealthy")?.status;

test.skipIf(prometheus.skip)(
  `a good release is promoted, a bad one cut off, by a real Prometheus${prometheus.why}`,
  async () => {
    const shop = await openShop(plan);
    await shop.adopt();
    await shop.push("v2");
    await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
    await shop.push("v3");
    await shop.until("rolled back", () => shop.outcome() === "RolledBack");
    expect(shop.cluster.world.status().history?.[0]?.reason).toMatch(/success-rate: canary .* failed/);
  },
  PATIENCE,
);

test.skipIf(prometheus.skip)(
  `31: Prometheus stops in the middle of a step: nothing is raised and nothing rolled back, and it goes on when it is there again${prometheus.why}`,
  async () => {
    const shop = await openShop(plan);
    await shop.adopt();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    await shop.cluster.prometheus?.stop();
    await shop.until("an error that is said", () => verdict(shop) === "Error" || healthy(shop) === "False");
    expect(shop.weight()).toBe(20);
    expect(shop.outcome()).toBeUndefined();
    await shop.cluster.prometheus?.start();
    await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);
