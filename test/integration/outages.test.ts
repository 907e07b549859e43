/** An API server that is gone, hangs, or is cut off without a word, under load: each ends where it should, and no request is lost to it. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { openShop, raises } from "../support/shop.ts";

const PATIENCE = 400_000;

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
