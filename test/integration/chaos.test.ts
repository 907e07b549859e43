/** Real processes that die, freeze, and lose each other, under load: each ends where it should, and no request is lost to it. */

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { seededRandom } from "../../src/sim/kube/random.ts";
import { openShop, type Shop } from "../support/shop.ts";

const PATIENCE = 400_000;

const raises = ({ cluster }: Shop) =>
  cluster.world.weights.map(({ weight }) => weight ?? 0).filter((weight, i, all) => weight > (all[i - 1] ?? 0));

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

test(
  "the API server is gone for a minute: nothing moves meanwhile, then the release goes on",
  async () => {
    const shop = await openShop({ minDuration: "5s" });
    await shop.adopt();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    await shop.cluster.outage({ type: "reset" });
    await clock.sleep(60_000);
    await shop.cluster.outage(undefined);
    await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);

test(
  "the API server hangs under the weight of a bad version: cut off as soon as it answers again",
  async () => {
    const shop = await openShop({ minDuration: "30s", failAfterSeconds: 8 });
    await shop.adopt();
    await shop.push("v3");
    await shop.until("20 %", () => shop.weight() === 20);
    await shop.cluster.outage({ type: "hang" });
    await clock.sleep(20_000);
    await shop.cluster.outage(undefined);
    await shop.until("cut", () => shop.weight() === 0 || shop.outcome() === "RolledBack");
    await shop.until("rolled back", () => shop.outcome() === "RolledBack" && shop.weight() === undefined);
    expect(raises(shop)).toEqual([20]);
  },
  PATIENCE,
);

test(
  "41: connections go half open: the controller notices, connects anew, and the release goes on",
  async () => {
    const shop = await openShop();
    const relay = await startRelay(new URL(shop.cluster.access.server));
    const kubeconfig = join(tmpdir(), `serin-relay-${process.pid}-${Date.now()}`);
    const text = await readFile(shop.cluster.controllerKubeconfig, "utf8");
    await writeFile(kubeconfig, text.replaceAll(new URL(shop.cluster.access.server).port, String(relay.port)), { mode: 0o600 });
    await shop.adopt({}, ["--kubeconfig", kubeconfig]);
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    relay.silence();
    await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);

/** Forwards connections to the API server. After `silence` those that are open stay so, and carry nothing any more. */
async function startRelay(target: URL): Promise<{ readonly port: number; silence(): void }> {
  const open = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = dial(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    open.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(pair));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const pair of open) for (const socket of pair) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      for (const [near, far] of open) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
  };
}
