import { describe, expect, it } from "vitest";
import { restoredStableSet, stableCopyOf, trialReplicaSet, versionService, versionServiceName } from "../../src/workload/build.ts";
import { deployment, replicaSet, service, template } from "./objects.ts";

const stableSet = replicaSet("v1", "checkout:1", 10);
const rollout = { name: "checkout", namespace: "shop", uid: "rollout" };

function trialOf(target = deployment({ template: template("checkout:2") })) {
  return trialReplicaSet({ rolloutName: "checkout", deployment: target, stableSet, revision: "rev", size: 1, now: 0 });
}

describe("the trial", () => {
  it("copies minReadySeconds and expressions of the selector", () => {
    const matchExpressions = [{ key: "tier", operator: "Exists" as const }];
    const trial = trialOf(deployment({ minReadySeconds: 5, selector: { matchLabels: { app: "checkout" }, matchExpressions } }));
    expect(trial.spec.minReadySeconds).toBe(5);
    expect(trial.spec.selector).toEqual({ matchLabels: { app: "checkout", "pod-template-hash": "rev" }, matchExpressions });
  });

  it("is no match for the Deployment's selector, and is not controlled by it", () => {
    expect(trialOf().metadata.labels).not.toHaveProperty("app");
    expect(trialOf().metadata.ownerReferences).toEqual([
      { apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: deployment().metadata.uid, controller: false },
    ]);
  });
});

describe("the stable set put back", () => {
  it("has its old name, labels and template, and the size of today", () => {
    const restored = restoredStableSet(trialOf(), deployment({ replicas: 4, template: template("checkout:2") }));
    expect(restored?.metadata.name).toBe(stableSet.metadata.name);
    expect(restored?.metadata.labels).toEqual(stableSet.metadata.labels);
    expect(restored?.spec).toEqual({ replicas: 4, selector: stableSet.spec.selector, template: stableSet.spec.template });
  });

  it.each([
    ["no copy", undefined],
    ["no JSON", "{"],
    ["another shape", '{"name": "x", "template": {"spec": {}}}'],
    ["null", "null"],
    ["no hash", '{"name": "x", "template": {"spec": {"containers": []}}}'],
  ])("is not guessed at: %s", (_, text) => {
    const trial = trialOf();
    const annotations: Record<string, string> = text === undefined ? {} : { "serin.dev/stable": text };
    expect(restoredStableSet({ ...trial, metadata: { ...trial.metadata, annotations } }, deployment())).toBeUndefined();
  });

  it("is known by name to whoever lost the status", () => {
    expect(stableCopyOf(trialOf())?.name).toBe("checkout-v1");
  });
});

describe("version Services", () => {
  it("a Service with several named ports loses none, and takes no node port", () => {
    const ports = [
      { name: "http", port: 80, targetPort: "web", protocol: "TCP", appProtocol: "kubernetes.io/h2c", nodePort: 30080 },
      { name: "grpc", port: 9090, targetPort: 9090, protocol: "TCP" },
      { name: "admin", port: 9091, targetPort: 9091, protocol: "TCP" },
    ];
    const apex = service({
      type: "LoadBalancer",
      ports,
      trafficDistribution: "PreferClose",
      internalTrafficPolicy: "Local",
      externalName: "x",
    });
    const built = versionService({ rollout, apex, role: "canary", hash: "v2" });
    const [{ nodePort: _, ...first }, ...others] = ports as [(typeof ports)[0], ...typeof ports];
    expect(built.spec).toEqual({
      type: "ClusterIP",
      selector: { app: "checkout", "pod-template-hash": "v2" },
      ports: [first, ...others],
      trafficDistribution: "PreferClose",
      internalTrafficPolicy: "Local",
    });
  });

  it("a tool's tracking label is not copied", () => {
    const apex = service({}, { labels: { "argocd.argoproj.io/instance": "shop" }, annotations: { tracking: "shop" } });
    const built = versionService({ rollout, apex, role: "stable", hash: "v1" });
    expect(built.metadata.labels).toEqual({ "serin.dev/managed-by": "checkout", "serin.dev/role": "stable-service" });
    expect(built.metadata.annotations).toBeUndefined();
  });

  it("select one version even when built from a pinned apex", () => {
    const apex = service({ selector: { app: "checkout", "pod-template-hash": "v1" } });
    expect(versionService({ rollout, apex, role: "canary", hash: "v2" }).spec.selector).toEqual({
      app: "checkout",
      "pod-template-hash": "v2",
    });
  });

  it("have names of at most 63 characters that stay apart", () => {
    const [a, b] = [`${"a".repeat(62)}b`, `${"a".repeat(62)}c`];
    const names = [a, b].flatMap((apex) => [versionServiceName(apex, "stable"), versionServiceName(apex, "canary")]);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(versionServiceName("a".repeat(56), "stable")).toBe(`${"a".repeat(56)}-stable`);
    expect(versionServiceName(`${"a".repeat(49)}----${"b".repeat(10)}`, "stable")).not.toMatch(/--/);
  });
});
