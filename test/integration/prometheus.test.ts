/**
 * A good and a bad release judged by a real Prometheus that scrapes the stand-in proxies as linkerd-viz does, one job on the
 * port linkerd-admin with the pod's name and namespace as labels; the real controller process, real requests. Debian's
 * Prometheus is built without Kubernetes discovery, so an HTTP endpoint lists the pods of the API server for it.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type Pod, RESOURCES } from "../../src/domain/kube.ts";
import { type Cluster, startCluster } from "../../src/standin/demo/cluster.ts";
import { APP, canaryRollout, deployment, namespace, nextVersion, PORT, SHOP, service } from "../../src/standin/demo/manifests.ts";
import { DEFAULT_PLAN } from "../../src/standin/demo/plan.ts";
import { startPrometheusWith } from "../metrics/real-prometheus.ts";
import { requires } from "../support/requires.ts";

const SERIN = [process.execPath, fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))];
const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const PATIENCE_MS = 150_000;
const plan = {
  ...DEFAULT_PLAN,
  replicas: 3,
  perSecond: 60,
  weights: [20, 50],
  minDuration: "5s",
  bake: "3s",
  scaleDownDelay: "1s",
  minRequests: 10,
  failAfterSeconds: 5,
};

const prometheus = requires("prometheus");

test.skipIf(prometheus.skip)(
  `a good release is promoted, a bad one cut off, by a real Prometheus${prometheus.why}`,
  async () => {
    const cluster = await startCluster({ serin: SERIN, clock, onHappening: () => {}, onCut: () => {} });
    onTestFinished(() => cluster.close());
    const { kube, world } = cluster;
    const job = {
      job_name: "linkerd-proxy",
      proxy_url: cluster.proxies.pods,
      http_sd_configs: [{ url: await listPods(cluster), refresh_interval: "1s" }],
    };
    const url = await startPrometheusWith([job]);
    await kube.create(NAMESPACE, namespace(SHOP));
    await kube.create(RESOURCES.services, service(SHOP));
    await kube.create(RESOURCES.deployments, deployment(SHOP, "v1", plan));
    expect(await world.until(() => world.pods(SHOP).get("v1")?.ready === plan.replicas, PATIENCE_MS)).toBe(true);
    await cluster.startLoad(SHOP, `http://${APP}.${SHOP}:${PORT}/`, plan.perSecond);
    await cluster.startController(["--prometheus-url", url]);
    await kube.create(RESOURCES.canaryRollouts, judgedByPrometheus());
    expect(await world.until(() => world.status().phase === "Ready", PATIENCE_MS)).toBe(true);

    expect(await release(cluster, "v2"), JSON.stringify(world.status())).toBe("Promoted");
    expect(await release(cluster, "v3"), JSON.stringify(world.status())).toBe("RolledBack");
    expect(world.status().history?.[0]?.reason).toMatch(/success-rate: canary .* failed/);
  },
  400_000,
);

function judgedByPrometheus() {
  const rollout = canaryRollout(plan);
  const spec = rollout["spec"] as { readonly analysis: object };
  return { ...rollout, spec: { ...spec, analysis: { ...spec.analysis, source: "Prometheus", interval: "2s" } } };
}

async function release({ kube, world }: Cluster, version: string): Promise<string | undefined> {
  const known = world.status().history?.length ?? 0;
  await kube.mergePatch(RESOURCES.deployments, SHOP, APP, nextVersion(version, plan));
  await world.until(() => (world.status().history?.length ?? 0) > known, PATIENCE_MS);
  return world.status().history?.[0]?.outcome;
}

/** Answers with the pods that have a proxy, in the form of Prometheus' HTTP discovery. */
async function listPods({ kubeconfigFile }: Cluster): Promise<string> {
  const config = parse(await readFile(kubeconfigFile, "utf8")) as {
    clusters: { cluster: { server: string } }[];
    users: { user: { token?: string } }[];
  };
  const headers = { authorization: `Bearer ${config.users[0]?.user.token ?? ""}` };
  const server = createServer(async (_request, response) => {
    const answer = await fetch(`${config.clusters[0]?.cluster.server}/api/v1/namespaces/${SHOP}/pods`, { headers });
    const { items = [] } = (await answer.json()) as { items?: Pod[] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(items.filter((pod) => pod.status?.podIP !== undefined).map(targetOf)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function targetOf({ metadata, status }: Pod) {
  return { targets: [`${status?.podIP}:4191`], labels: { namespace: metadata.namespace, pod: metadata.name } };
}
