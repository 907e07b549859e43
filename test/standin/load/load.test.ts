import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/domain/clock.ts";
import { closeServer, listen } from "../../../src/standin/forward-proxy/listen.ts";
import { type LoadOptions, startLoad } from "../../../src/standin/load/load.ts";
import { createTally } from "../../../src/standin/load/tally.ts";

/** A proxy that answers by itself: every fifth request fails, by version v2. */
async function open(delayMs = 0) {
  let seen = 0;
  const server = createServer((_request, response) => {
    seen += 1;
    const fails = seen % 5 === 0;
    setTimeout(() => response.writeHead(fails ? 500 : 200, { "x-version": fails ? "v2" : "v1" }).end("ok"), delayMs);
  });
  const port = await listen(server);
  onTestFinished(() => closeServer(server));
  const options: LoadOptions = {
    proxy: `http://127.0.0.1:${port}`,
    url: "http://checkout.shop:8080/",
    perSecond: 400,
    maxRequests: 200,
    maxSeconds: 30,
    versionHeader: "x-version",
    clock: systemClock,
  };
  return { options, seen: () => seen };
}

test("counts requests and failures, overall and by the version that answered", async () => {
  const { options, seen } = await open();
  const load = startLoad(options);
  await load.done;
  const tally = load.tally();
  expect(tally).toMatchObject({ requests: 200, failures: 40, skipped: 0, causes: { "500 of the application": 40 } });
  expect(tally.byVersion["v1"]).toEqual({ requests: 160, failures: 0, firstFailureAt: undefined });
  expect(tally.byVersion["v2"]).toMatchObject({ requests: 40, failures: 40 });
  expect(tally.byVersion["v2"]?.firstFailureAt).toBeGreaterThan(Date.now() - 10_000);
  expect(seen()).toBe(200);
});

test("is open-loop: slow answers don't slow it down", async () => {
  const { options } = await open(500);
  const started = performance.now();
  const load = startLoad(options);
  await load.done;
  expect(performance.now() - started).toBeLessThan(5000);
  expect(load.tally().requests).toBe(200);
});

test("is bounded in requests under way, and says what it left out", async () => {
  const { options } = await open(300);
  const load = startLoad({ ...options, maxInFlight: 10 });
  await load.done;
  const { requests, skipped } = load.tally();
  expect(requests + skipped).toBe(200);
  expect(skipped).toBeGreaterThan(100);
});

test("is bounded in time", async () => {
  const { options } = await open();
  const load = startLoad({ ...options, maxRequests: 1_000_000, maxSeconds: 0.3 });
  await load.done;
  expect(load.tally().requests).toBeLessThan(200);
});

test("counts requests that nobody answers as failures", async () => {
  const { options } = await open();
  const load = startLoad({ ...options, proxy: "http://127.0.0.1:1", maxRequests: 5 });
  await load.done;
  expect(load.tally()).toMatchObject({ requests: 5, failures: 5 });
  expect(Object.entries(load.tally().causes)).toEqual([[expect.stringMatching(/^no answer: .*ECONNREFUSED/), 5]]);
});

test("refuses to send anywhere but through the loopback interface", async () => {
  const { options } = await open();
  expect(() => startLoad({ ...options, proxy: "http://192.0.2.1:8080" })).toThrow(/only sends through 127\.0\.0\.1/);
});

test("tells the last whole second", () => {
  const tally = createTally();
  tally.count(10_100, "v1");
  tally.count(10_900, "v2", "500 of the application");
  expect(tally.read(10_950).lastSecond.requests).toBe(0);
  expect(tally.read(11_000).lastSecond).toEqual({ requests: 2, failures: 1, byVersion: { v1: 1, v2: 1 } });
  expect(tally.read(13_000).lastSecond.requests).toBe(0);
});
