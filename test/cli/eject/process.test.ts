/** Eject as a process: killed with -9 again and again, and done by hand with the kubectl lines that it prints. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RESOURCES } from "../../../src/domain/kube.ts";
import { NAMESPACE } from "../../../src/sim/world/world.ts";
import type { Story } from "../../stories/story.ts";
import { requires } from "../../support/requires.ts";
import { openShop, type Shop } from "../support/server.ts";
import { left, REPLICAS, small, stopController, watchOutages } from "./support.ts";

const SLOW_MS = 120_000;
const kubectl = requires("kubectl");

let story: Story;
let shop: Shop;
let stopTime: () => Promise<void>;

beforeEach(async () => {
  story = await small();
  story.push("checkout:2");
  await story.world.until("50 %", () => story.weights() === "50/50");
  stopController(story);
  shop = await openShop({ store: story.world.store });
  stopTime = letTimePass(story);
});
afterEach(async () => {
  await stopTime();
  await shop.close();
});

/** The cluster of the model goes on, while real processes talk to it. */
function letTimePass({ world }: Story): () => Promise<void> {
  let going = true;
  const passing = (async () => {
    while (going) {
      await world.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return () => {
    going = false;
    return passing;
  };
}

const FROZEN = { route: false, services: ["checkout"], trials: 0, pin: undefined, paused: true, pods: { "checkout:1": REPLICAS } };

test("it tells each step, and the two ways on", { timeout: SLOW_MS }, async () => {
  const { code, stdout } = await shop.run("eject", "checkout");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^• hands off: .*\n• all requests to stable: HTTPRoute checkout to 100\/0\n/);
  expect(stdout).toContain("Deployment checkout stays paused: it runs 1, its template asks for 2, which was never released");
  expect(stdout).toContain("serin eject checkout -n shop --ship");
  expect(left(story)).toMatchObject(FROZEN);
  const again = await shop.run("eject", "checkout");
  expect(again.stdout).toMatch(/^nothing of checkout is left to undo\n/);
});

test("killed with -9 after every step, it goes on from there", { timeout: SLOW_MS }, async () => {
  const outages = watchOutages(story.world);
  let kills = 0;
  for (let done = false; !done; ) {
    const running = shop.start("eject", "checkout");
    let lines = 0;
    running.child.stdout.on("data", (chunk: string) => {
      lines += chunk.split("\n• ").length - (chunk.startsWith("• ") ? 0 : 1);
      // The first line is the step at work, the second says that it was done.
      if (lines >= 2 && running.child.exitCode === null) running.child.kill("SIGKILL");
    });
    const { code } = await running.ended;
    done = code === 0;
    if (!done) kills += 1;
    expect(kills).toBeLessThan(20);
  }
  // A starved machine may let two steps pass between a line and the kill.
  expect(kills).toBeGreaterThan(2);
  expect(left(story)).toMatchObject(FROZEN);
  expect(outages).toEqual([]);
});

describe.skipIf(kubectl.skip)(`by hand${kubectl.why}`, () => {
  test("--dry-run changes nothing, and its lines do the same", { timeout: SLOW_MS }, async () => {
    const { resourceVersion } = story.world.store.list(RESOURCES.deployments, { namespace: NAMESPACE });
    const { code, stdout } = await shop.run("eject", "checkout", "--dry-run");
    expect(code).toBe(0);
    expect(story.world.store.list(RESOURCES.deployments, { namespace: NAMESPACE }).resourceVersion).toBe(resourceVersion);
    await stopTime();
    stopTime = letTimePass(story);
    const outages = watchOutages(story.world);
    await promisify(execFile)("sh", ["-ec", stdout], { env: { ...process.env, ...shop.env } });
    expect(left(story)).toMatchObject(FROZEN);
    expect(outages).toEqual([]);
    expect((await shop.run("eject", "checkout")).stdout).toMatch(/^nothing of checkout is left to undo\n/);
  });
});
