/** The acts of the demo: a release with Serin, and the same bad version by a plain rolling update. */
import type { Clock } from "../../domain/clock.ts";
import { RESOURCES } from "../../domain/kube.ts";
import { since } from "../load/tally.ts";
import type { Cluster } from "./cluster.ts";
import { type Costs, costsBetween } from "./costs.ts";
import { APP, canaryRollout, clientDeployment, deployment, namespace, nextVersion, PLAIN, PORT, SHOP, service } from "./manifests.ts";
import { type DemoPlan, VERSIONS } from "./plan.ts";
import type { ReleaseRun, RollingRun } from "./report.ts";

export interface Stage {
  readonly cluster: Cluster;
  readonly plan: DemoPlan;
  readonly clock: Clock;
  /** Tells what somebody just did. */
  readonly say: (text: string) => void;
}

const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
/** Phases in which a release is over. */
const OVER: ReadonlySet<string> = new Set(["Ready", "RolledBack"]);
/** Events and the last answers may come a moment after the outcome. */
const SETTLE_MS = 1000;

/** Two equal services, load on the one that Serin will look after, the controller, and its CanaryRollout. */
export async function prepare({ cluster, plan }: Stage): Promise<void> {
  const { kube, world } = cluster;
  for (const name of [SHOP, PLAIN]) {
    await kube.create(NAMESPACE, namespace(name));
    await kube.create(RESOURCES.services, service(name));
  }
  await kube.create(RESOURCES.deployments, deployment(SHOP, VERSIONS.first, plan));
  await kube.create(RESOURCES.deployments, deployment(PLAIN, VERSIONS.good, plan));
  await kube.create(RESOURCES.deployments, clientDeployment(cluster.clientAdminPort));
  const allReady = (name: string, version: string) => world.pods(name).get(version)?.ready === plan.replicas;
  await expectSoon(
    world.until(() => allReady(SHOP, VERSIONS.first) && allReady(PLAIN, VERSIONS.good), patience(plan)),
    "pods are ready",
  );
  await startUsers(cluster, SHOP, plan);
  await cluster.startController();
  await kube.create(RESOURCES.canaryRollouts, canaryRollout(plan));
  await expectSoon(
    world.until(() => world.status().phase === "Ready", patience(plan)),
    "Serin has adopted the Deployment",
  );
}

export interface Release {
  readonly run: Omit<ReleaseRun, "costs">;
  /** What it cost, once everything is tidied up. */
  readonly costs: Promise<Costs>;
}

/** A new version by way of Serin, until its outcome stands. */
export async function release({ cluster, plan, clock, say }: Stage, version: string): Promise<Release> {
  const { world, kube } = cluster;
  const [costsBefore, tallyBefore] = [await cluster.costs(), await cluster.tally(SHOP)];
  const known = world.status().history?.length ?? 0;
  const firstWeight = world.weights.length;
  const startedAt = clock.now();
  say(`Git asks for ${APP}:${version}`);
  await kube.mergePatch(RESOURCES.deployments, SHOP, APP, nextVersion(version, plan));
  const decided = await world.until(() => (world.status().history?.length ?? 0) > known, patience(plan));
  const finishedAt = clock.now();
  await clock.sleep(SETTLE_MS, cluster.closing);
  const tallyAfter = await cluster.tally(SHOP);
  const { requests, failures } = since(tallyBefore, tallyAfter);
  const run = {
    outcome: (decided && world.status().history?.[0]?.outcome) || "TimedOut",
    startedAt,
    finishedAt,
    weights: world.weights.slice(firstWeight),
    requests,
    failedRequests: failures,
    firstFailureAt: tallyAfter.byVersion[version]?.firstFailureAt,
  };
  const costs = costsWhenTidy({ cluster, plan, clock }, costsBefore);
  costs.catch(() => undefined);
  return { run, costs };
}

async function costsWhenTidy({ cluster, plan, clock }: Omit<Stage, "say">, before: Costs): Promise<Costs> {
  const { world } = cluster;
  const isTidy = () => OVER.has(world.status().phase ?? "") && world.weights.at(-1)?.weight === undefined;
  await world.until(isTidy, patience(plan));
  await clock.sleep(SETTLE_MS, cluster.closing);
  return costsBetween(before, await cluster.costs());
}

/** Kubernetes alone replaces the pods; somebody sees the failures and undoes it by hand. */
export async function rollingUpdate({ cluster, plan, clock, say }: Stage): Promise<RollingRun> {
  const { world, kube } = cluster;
  await cluster.stopLoad(SHOP);
  await startUsers(cluster, PLAIN, plan);
  say(`Git asks for ${APP}:${VERSIONS.bad}, and nothing stands between`);
  await kube.mergePatch(RESOURCES.deployments, PLAIN, APP, nextVersion(VERSIONS.bad, plan));
  await clock.sleep((plan.failAfterSeconds + plan.undoAfterSeconds) * 1000, cluster.closing);
  say(`somebody has seen it, ${plan.undoAfterSeconds} s after the first failures, and undoes it`);
  await kube.mergePatch(RESOURCES.deployments, PLAIN, APP, nextVersion(VERSIONS.good, plan));
  const isBack = () => (world.pods(PLAIN).get(VERSIONS.bad)?.all ?? 0) === 0;
  await world.until(isBack, patience(plan));
  await cluster.stopLoad(PLAIN);
  const { requests, failures } = await cluster.tally(PLAIN);
  return { requests, failedRequests: failures };
}

export function startUsers(cluster: Cluster, namespaceName: string, { perSecond }: DemoPlan): Promise<void> {
  return cluster.startLoad(namespaceName, `http://${APP}.${namespaceName}:${PORT}/`, perSecond);
}

async function expectSoon(holds: Promise<boolean>, what: string): Promise<void> {
  if (!(await holds)) throw new Error(`the demo waited in vain until ${what}`);
}

function patience({ patienceSeconds }: DemoPlan): number {
  return patienceSeconds * 1000;
}
