/** The controller is killed again and again, and a leader freezes, under load: each ends where it should, and no request is lost to it. */
import { expect, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { seededRandom } from "../../src/sim/kube/random.ts";
import { openShop, raises } from "../support/shop.ts";

const PATIENCE = 400_000;

test(
  "kill -9 at random moments, 20 times in a row: the good version is promoted, the bad one rolled back, no other request lost",
  async () => {
    const seed = Date.now() % 100_000;
    const random = seededRandom(seed);
    const shop = await openShop({ minDuration: "1s", bake: "1s" });
    let controller = await shop.adopt();
    await shop.push("v2");
    for (let kills = 0; kills < 20; kills += 1) {
      // From before it holds the lease to some steps later.
      await clock.sleep(200 + random() * 2_800);
      await controller.kill();
      controller = await shop.cluster.startController();
      if (kills === 10) await shop.until(`promoted (seed ${seed})`, () => shop.outcome() === "Promoted" && shop.weight() === undefined);
      if (kills === 10) await shop.push("v3");
    }
    await shop.until(`rolled back (seed ${seed})`, () => shop.outcome() === "RolledBack" && shop.weight() === undefined);
    const { failures, byVersion } = await shop.closingTally();
    expect(failures, `seed ${seed}`).toBe(byVersion["v3"]?.failures ?? 0);
  },
  PATIENCE,
);

test(
  "45: a frozen leader wakes after its lease is gone: it writes nothing more, and no step is taken twice",
  async () => {
    const shop = await openShop({ weights: [20, 50], minDuration: "20s" });
    const leader = await shop.adopt();
    await shop.cluster.startController();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    leader.freeze(true);
    // The lease lasts 15 s; the standby takes it and goes on to the next step.
    await shop.until("50 % by the standby", () => shop.weight() === 50);
    leader.freeze(false);
    await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
    expect(raises(shop)).toEqual([20, 50, 100]);
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);
