/** The demo's processes without the controller: what a release would do to them by hand. */
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/domain/clock.ts";
import { RESOURCES, type Service } from "../../../src/domain/kube.ts";
import { startUsers } from "../../../src/standin/demo/acts.ts";
import { type Cluster, startCluster } from "../../../src/standin/demo/cluster.ts";
import { clientDeployment, deployment, namespace, nextVersion, SHOP, service } from "../../../src/standin/demo/manifests.ts";
import { DEFAULT_PLAN, VERSIONS } from "../../../src/standin/demo/plan.ts";

const plan = { ...DEFAULT_PLAN, replicas: 2, perSecond: 100 };
const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };

async function open(): Promise<Cluster> {
  const cluster = await startCluster({ serin: [], clock: systemClock, onHappening: () => {}, onCut: () => {} });
  onTestFinished(() => cluster.close());
  return cluster;
}

/** Every request of the next while. */
async function nextSecond(cluster: Cluster): Promise<Record<string, number>> {
  await systemClock.sleep(2100);
  const { lastSecond } = await cluster.tally(SHOP);
  return { ...lastSecond.byVersion };
}

/** A starved machine can hold a connection's end back for longer than the pod waits for it: one more try must be clean. */
const NOISY = { timeout: 120_000, retry: 2 };

test("pods serve their Service, a rolling update loses nobody, and a route splits between versions", NOISY, async () => {
  const cluster = await open();
  const { kube, world } = cluster;
  await kube.create(NAMESPACE, namespace(SHOP));
  await kube.create(RESOURCES.services, service(SHOP));
  await kube.create(RESOURCES.deployments, deployment(SHOP, VERSIONS.first, plan));
  await kube.create(RESOURCES.deployments, clientDeployment(cluster.clientAdminPort));
  expect(await world.until(() => world.pods(SHOP).get("v1")?.ready === 2, 20_000)).toBe(true);
  await startUsers(cluster, SHOP, plan);
  expect(Object.keys(await nextSecond(cluster))).toEqual(["v1"]);

  await kube.mergePatch(RESOURCES.deployments, SHOP, "checkout", nextVersion("v2", plan));
  expect(await world.until(() => world.pods(SHOP).get("v2")?.ready === 2 && !world.pods(SHOP).has("v1"), 20_000)).toBe(true);
  expect(Object.keys(await nextSecond(cluster))).toEqual(["v2"]);
  expect(await cluster.tally(SHOP)).toMatchObject({ failures: 0, skipped: 0 });

  await kube.create(RESOURCES.deployments, other());
  await kube.create(RESOURCES.services, versionService("stable", "checkout"));
  await kube.create(RESOURCES.services, versionService("canary", "other"));
  expect(await world.until(() => world.pods(SHOP).get("v3")?.ready === 2, 20_000)).toBe(true);
  await kube.create(RESOURCES.httpRoutes, route(50));
  const split = { v2: 0, v3: 0 };
  while (split.v2 + split.v3 < 100) {
    const { v2 = 0, v3 = 0 } = await nextSecond(cluster);
    split.v2 += v2;
    split.v3 += v3;
  }
  // Half goes to v3 alone, half to a Service that selects the pods of both: three quarters of a hundred or more requests.
  expect(split.v3 / (split.v2 + split.v3)).toBeGreaterThan(0.58);
  expect(split.v3 / (split.v2 + split.v3)).toBeLessThan(0.92);
  expect(world.weights.at(-1)?.weight).toBe(50);
  await cluster.stopLoad(SHOP);
  expect(await cluster.tally(SHOP)).toMatchObject({ failures: 0, skipped: 0 });
  expect(await cluster.costs()).toEqual({ apiWrites: 0, apiReads: 0, leaseWrites: 0, metricQueries: 0, scrapes: 0, podsStarted: 7 });
});

function other() {
  const base = deployment(SHOP, VERSIONS.bad, plan);
  const labels = { app: "checkout", tier: "other" };
  return {
    ...base,
    metadata: { ...base.metadata, name: "other" },
    spec: {
      ...base.spec,
      selector: { matchLabels: { tier: "other" } },
      template: { ...base.spec.template, metadata: { ...base.spec.template.metadata, labels } },
    },
  };
}

function versionService(role: string, workload: string): Service {
  const base = service(SHOP);
  const selector: Record<string, string> = workload === "other" ? { tier: "other" } : { app: "checkout" };
  return { ...base, metadata: { ...base.metadata, name: `checkout-${role}` }, spec: { ...base.spec, selector } };
}

function route(canary: number) {
  const backend = (role: string, weight: number) => ({ name: `checkout-${role}`, port: 8080, weight });
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "checkout", namespace: SHOP },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: "checkout", port: 8080 }],
      rules: [{ backendRefs: [backend("stable", 100 - canary), backend("canary", canary)] }],
    },
  };
}
