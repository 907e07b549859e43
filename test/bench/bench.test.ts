/** `npm run bench` with a handful of applications: that it ends, and that its figures can be true. No times. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { IdleResult } from "../../scripts/bench/idle.ts";
import type { ReleasesResult } from "../../scripts/bench/releases.ts";

interface Results {
  readonly idle: readonly IdleResult[];
  readonly releases: readonly ReleasesResult[];
}

/** What it writes goes to a folder of its own, which must be empty in the end. */
async function bench(...args: string[]): Promise<Results & { readonly text: string }> {
  const folder = mkdtempSync(join(tmpdir(), "serin-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const json = join(folder, "figures.json");
  const command = ["scripts/bench.ts", "--source", "--interval", "1", "--json", json, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...process.env, TMPDIR: folder } });
  expect(readdirSync(folder)).toEqual(["figures.json"]);
  return { ...(JSON.parse(readFileSync(json, "utf8")) as Results), text: stdout };
}

test("idle rollouts: no request but for the lease, and a start that writes nothing", async () => {
  const { idle, releases, text } = await bench("--idle", "3", "--releases", "", "--replicas", "2", "--seconds", "4");
  expect(releases).toEqual([]);
  expect(idle).toMatchObject([{ rollouts: 3, replicas: 2, seconds: 4, requests: { writes: 0, reads: 0 }, start: { writes: 0 } }]);
  const [{ requests, adoptWrites, start, memory, cpuPercent }] = idle as [IdleResult];
  expect(requests.lease).toBeGreaterThan(0);
  expect(requests.lease).toBeLessThanOrEqual(4);
  expect(Object.keys(requests.by).every((name) => name.endsWith(" leases") || name.startsWith("watch "))).toBe(true);
  expect(adoptWrites).toBeGreaterThanOrEqual(3);
  expect(adoptWrites).toBeLessThan(3 * 10);
  expect(start.reads).toBeGreaterThan(0);
  expect([memory, cpuPercent, start.warmSeconds, start.lookSeconds].every((figure) => figure > 0)).toBe(true);
  expect(text).toContain("3 idle rollouts of 2 pods");
});

/** The start of the process, requests and latency: no clients are named. */
const FAMILIES = 3;

test("releases at once: tens of writes each, queries shared, the bad one cut", async () => {
  const { idle, releases, text } = await bench("--idle", "", "--releases", "2", "--release-replicas", "2");
  expect(idle).toEqual([]);
  expect(releases).toMatchObject([{ releases: 2, bad: 1, replicas: 2, promoted: 1, rolledBack: 1 }]);
  const [{ requests, queries, seconds, podsStarted, cutMs, memory }] = releases as [ReleasesResult];
  expect(requests.writes).toBeGreaterThan(2 * 10);
  expect(requests.writes).toBeLessThan(2 * 60);
  expect(requests.reads).toBeLessThan(2 * 10);
  // All pods are in one query of each family; each release is asked for once by itself when it begins.
  expect(queries).toBeGreaterThan(0);
  expect(queries).toBeLessThanOrEqual(FAMILIES * (Math.ceil(seconds) + 1 + 2));
  // The good one starts both of its pods, the bad one its first at least.
  expect(podsStarted).toBeGreaterThanOrEqual(3);
  expect(podsStarted).toBeLessThanOrEqual(4);
  expect(cutMs).toEqual([expect.any(Number)]);
  expect(memory).toBeGreaterThan(0);
  expect(text).toContain("2 releases of 2 pods at once, 1 of them bad");
});
