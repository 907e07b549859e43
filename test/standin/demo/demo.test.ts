/** The whole demo, shorter than a person would want it: real processes, the real controller, real requests. */
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { DEFAULT_PLAN } from "../../../src/standin/demo/plan.ts";
import type { DemoReport } from "../../../src/standin/demo/report.ts";
import { runDemo } from "../../../src/standin/demo/run.ts";

const SERIN = [process.execPath, fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url))];
const plan = {
  ...DEFAULT_PLAN,
  replicas: 3,
  perSecond: 100,
  weights: [10, 50],
  minDuration: "3s",
  bake: "3s",
  scaleDownDelay: "1s",
  minRequests: 5,
  failAfterSeconds: 5,
  undoAfterSeconds: 5,
};

test("a good release is promoted, a bad one cut off, and a rolling update fails more", async () => {
  const report = join(tmpdir(), `serin-demo-test-${process.pid}.json`);
  onTestFinished(() => rm(report, { force: true }));
  let text = "";
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const well = await runDemo({ plan, serin: SERIN, stdout, report }, AbortSignal.timeout(170_000));
  const { good, bad, rollingUpdate } = JSON.parse(await readFile(report, "utf8")) as DemoReport;

  expect(well, text).toBe(true);
  expect(good).toMatchObject({ outcome: "Promoted", failedRequests: 0, metricQueries: 0, podsStarted: plan.replicas });
  expect(good.steps.map(({ weight }) => weight)).toEqual([...plan.weights, 100]);
  expect(good.apiWrites).toBeLessThanOrEqual(45);
  expect(good.scrapes).toBeGreaterThan(plan.replicas);
  expect(good.requests).toBeGreaterThan(500);
  expect(bad.outcome).toBe("RolledBack");
  expect(bad.maxWeight).toBeLessThan(100);
  // A scrape a second, and the reconcile that reads it.
  expect(bad.secondsToCutOff).toBeLessThan(6);
  expect(bad.failedRequests).toBeGreaterThan(0);
  expect(rollingUpdate.failedRequests).toBeGreaterThan(bad.failedRequests);
  expect(text).toContain("Failed requests: rolling update ");
}, 180_000);
