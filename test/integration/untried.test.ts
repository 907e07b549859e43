/** New versions that must not be tried: their pods never get ready, or admission makes other pods of the same template. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type KubeObject, RESOURCES, type ReplicaSet } from "../../src/domain/kube.ts";
import { nextVersion, SHOP } from "../../src/standin/demo/manifests.ts";
import { IS_REAL, type Shop, startShop } from "../support/shop.ts";

const PATIENCE = 300_000;
let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ replicas: 4, weights: [20] });
  await shop.adopt();
}, PATIENCE);
afterAll(() => shop.close());
beforeEach(() => shop.renew(), PATIENCE);

const ready = (version: string) => shop.cluster.world.pods(SHOP).get(version)?.ready;
const condition = (type: string) => shop.cluster.world.status().conditions?.find((one) => one.type === type);
const uids = (version: string) => shop.pods(version).map(({ metadata }) => metadata.uid);
const imageOf = ({ spec }: ReplicaSet) => spec.template.spec.containers[0]?.image ?? "";

async function promoted(version: string): Promise<void> {
  await shop.until(`${version} promoted`, () => shop.outcome() === "Promoted" && ready(version) === 4 && shop.weight() === undefined);
}

test(
  "13: the new version never gets ready: one pod of it at a time, and what an autoscaler asks for goes to stable",
  async () => {
    const { spec } = nextVersion("v2", shop.plan);
    const containers = spec.template.spec.containers.map((one) => ({ ...one, env: [{ name: "STARTUP_MS", value: "3600000" }] }));
    await shop.patch({ spec: { template: { spec: { containers } } } });
    await shop.until("on trial", () => shop.pods("v2").length === 1);
    await shop.patch({ spec: { replicas: 7 } });
    await shop.until("stable follows", () => ready("v1") === 7);
    expect(shop.pods("v2")).toHaveLength(1);
    expect(shop.weight()).toBeUndefined();
    await shop.patch({ spec: { ...spec, replicas: 4 } });
    await promoted("v2");
    expect(await shop.failures()).toBe(0);
  },
  PATIENCE,
);

test.runIf(IS_REAL)(
  "12: admission rewrites ReplicaSets: named with the path before any weight, one set and no more, and tried when it may be",
  async () => {
    const stable = uids("v2");
    const stop = await pinDigests();
    await shop.push("v4");
    await shop.until("stalled", () => condition("Stalled")?.reason === "TrialTemplateChanged");
    expect(condition("Stalled")?.message).toContain("spec.containers[0].image");
    await shop.until("none of its pods", () => shop.pods("v4").length === 0);
    expect(shop.weight()).toBeUndefined();
    expect(uids("v2").sort()).toEqual(stable.sort());
    expect(shop.sets().filter((set) => imageOf(set).includes("@"))).toHaveLength(1);
    await stop();
    await promoted("v4");
    expect(await shop.failures()).toBe(0);
  },
  PATIENCE,
);

const admission = (kind: string) => ({ group: "admissionregistration.k8s.io", version: "v1", plural: `${kind.toLowerCase()}s`, kind });
const POLICY = { ...admission("MutatingAdmissionPolicy"), plural: "mutatingadmissionpolicies" };
const BINDING = admission("MutatingAdmissionPolicyBinding");
const NAME = "pin-digests";

/** Every new ReplicaSet of the shop gets its image by digest, as from a webhook that knows nothing of Deployments. Answers how to end it. */
async function pinDigests(): Promise<() => Promise<void>> {
  const { kube } = shop.cluster;
  const image = "object.spec.template.spec.containers[0].image";
  const patch = { op: '"replace"', path: '"/spec/template/spec/containers/0/image"', value: `${image} + "@sha256:${"0".repeat(64)}"` };
  const fields = Object.entries(patch).map(([name, value]) => `${name}: ${value}`);
  await kube.create(POLICY, {
    ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: POLICY.kind, metadata: { name: NAME } },
    spec: {
      failurePolicy: "Fail",
      reinvocationPolicy: "Never",
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": SHOP } },
        resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["replicasets"] }],
      },
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: `[JSONPatch{${fields.join(", ")}}]` } }],
    },
  });
  await kube.create(BINDING, {
    ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: BINDING.kind, metadata: { name: NAME } },
    spec: { policyName: NAME },
  });
  while (!(await isPinned())) await clock.sleep(250);
  return async () => {
    await kube.delete(BINDING, undefined, NAME);
    await kube.delete(POLICY, undefined, NAME);
  };
}

/** API servers take a policy up after a moment. */
async function isPinned(): Promise<boolean> {
  const { kube } = shop.cluster;
  const labels = { app: "probe" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "probe:1" }] } };
  const probe: KubeObject = {
    ...{ apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "probe", namespace: SHOP } },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
  await kube.create(RESOURCES.replicaSets, probe);
  const made = (await kube.get(RESOURCES.replicaSets, SHOP, "probe")) as ReplicaSet;
  await kube.delete(RESOURCES.replicaSets, SHOP, "probe");
  return imageOf(made).includes("@");
}
