/**
 * Real controller processes, killed with -9 and cut off from the API server in the middle of a release, under real
 * requests: a standby takes over, the good version is promoted and nobody notices, the bad one is cut off all the same.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { RESOURCES } from "../../src/domain/kube.ts";
import { startUsers } from "../../src/standin/demo/acts.ts";
import { type Cluster, startCluster } from "../../src/standin/demo/cluster.ts";
import {
  APP,
  canaryRollout,
  clientDeployment,
  deployment,
  namespace,
  nextVersion,
  SHOP,
  service,
} from "../../src/standin/demo/manifests.ts";
import { DEFAULT_PLAN } from "../../src/standin/demo/plan.ts";

const SERIN = [process.execPath, fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))];
const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const PATIENCE_MS = 120_000;
const plan = {
  ...DEFAULT_PLAN,
  replicas: 2,
  perSecond: 60,
  weights: [20, 50],
  minDuration: "8s",
  bake: "5s",
  scaleDownDelay: "1s",
  failAfterSeconds: 25,
};

async function open(): Promise<Cluster> {
  const cluster = await startCluster({ serin: SERIN, clock, onHappening: () => {}, onCut: () => {} });
  onTestFinished(() => cluster.close());
  await cluster.kube.create(NAMESPACE, namespace(SHOP));
  await cluster.kube.create(RESOURCES.services, service(SHOP));
  await cluster.kube.create(RESOURCES.deployments, deployment(SHOP, "v1", plan));
  await cluster.kube.create(RESOURCES.deployments, clientDeployment(cluster.clientAdminPort));
  await until(cluster, "pods", () => cluster.world.pods(SHOP).get("v1")?.ready === plan.replicas);
  await startUsers(cluster, SHOP, plan);
  return cluster;
}

async function until({ world }: Cluster, what: string, holds: () => boolean): Promise<void> {
  expect(await world.until(holds, PATIENCE_MS), `${what}: ${JSON.stringify(world.status())}`).toBe(true);
}

const weight = ({ world }: Cluster) => world.weights.at(-1)?.weight;
const push = ({ kube }: Cluster, version: string) => kube.mergePatch(RESOURCES.deployments, SHOP, APP, nextVersion(version, plan));

test("a leader killed, then the API server away: the standby promotes the good version, and no request fails", async () => {
  const cluster = await open();
  const leader = await cluster.startController();
  await cluster.kube.create(RESOURCES.canaryRollouts, canaryRollout(plan));
  await until(cluster, "adopted", () => cluster.world.status().phase === "Ready");
  await cluster.startController();
  await push(cluster, "v2");
  await until(cluster, "20 %", () => weight(cluster) === 20);
  await leader.kill();
  await until(cluster, "50 % by the standby", () => weight(cluster) === 50);
  await cluster.outage({ type: "reset" });
  await clock.sleep(5_000);
  await cluster.outage(undefined);
  await until(cluster, "promoted", () => cluster.world.status().history?.[0]?.outcome === "Promoted");
  await until(cluster, "only v2", () => !cluster.world.pods(SHOP).has("v1") && weight(cluster) === undefined);
  await cluster.stopLoad(SHOP);
  expect(await cluster.tally(SHOP)).toMatchObject({ failures: 0 });
}, 240_000);

test("killed under the weight of a bad version: the next process cuts it off", async () => {
  const cluster = await open();
  const first = await cluster.startController();
  await cluster.kube.create(RESOURCES.canaryRollouts, canaryRollout(plan));
  await until(cluster, "adopted", () => cluster.world.status().phase === "Ready");
  await push(cluster, "v3");
  await until(cluster, "20 %", () => weight(cluster) === 20);
  await first.kill();
  await cluster.startController();
  await until(cluster, "cut", () => cluster.world.status().history?.[0]?.outcome === "RolledBack");
  expect(cluster.world.weights.map((change) => change.weight ?? 0).findLast((value) => value > 0)).toBeLessThanOrEqual(50);
  expect(cluster.world.status().history?.[0]?.reason).toContain("AnalysisFailed");
  const { revision } = cluster.world.status().history?.[0] ?? {};
  const lines = (await readFile(cluster.controllerLog, "utf8")).trimEnd().split("\n");
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["revision"] === revision);
  expect(told.at(-1)).toMatchObject({ rollout: `${SHOP}/${APP}`, reconcile: expect.any(Number), phase: expect.any(String) });
  await until(cluster, "taken apart", () => weight(cluster) === undefined && cluster.world.status().phase === "RolledBack");
  expect(cluster.world.pods(SHOP).get("v1")).toEqual({ all: plan.replicas, ready: plan.replicas });
}, 240_000);
