/**
 * The controller under exactly the shipped role, through everything that writes: where it lacks a permission the story does not
 * end, and every permission of the role must have been used. On the in-memory API server the same requests are counted.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { RESOURCES } from "../../src/domain/kube.ts";
import { APP, SHOP } from "../../src/standin/demo/manifests.ts";
import { IS_REAL, openShop, type Shop } from "../support/shop.ts";

interface Role {
  readonly kind: string;
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const manifest = readFileSync(new URL("../../deploy/cluster/rbac.yaml", import.meta.url), "utf8");
const granted = parseAllDocuments(manifest)
  .flatMap((document) => (document.toJS() as Role).rules ?? [])
  .flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${verb} ${name}.${group}`))),
  );

/** What the controller asked for, and was given. */
async function used({ cluster }: Shop): Promise<Map<string, number[]>> {
  const codes = new Map<string, number[]>();
  for (const { userAgent, verb, group, resource, subresource, code } of await cluster.requests()) {
    if (!userAgent.startsWith("serin-controller/")) continue;
    const key = `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}.${group}`;
    codes.set(key, [...(codes.get(key) ?? []), code]);
  }
  return codes;
}

test("a release, a rollback, a lost stable set, a conflict, a deletion: no permission is missing, and none is needless", async () => {
  const shop = await openShop();
  const { kube } = shop.cluster;
  await shop.adopt();
  await shop.push("v2");
  await shop.until("20 %", () => shop.weight() === 20);
  // The trial carries the stable set's copy: a creation.
  const stable = shop.sets().find(({ metadata }) => metadata.ownerReferences?.[0]?.controller === true);
  await kube.delete(RESOURCES.replicaSets, SHOP, stable?.metadata.name ?? "");
  await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
  await shop.push("v3");
  await shop.until("20 %", () => shop.weight() === 20);
  // A write that meets a newer route is made on what is there now: a read.
  await kube.mergePatch(RESOURCES.httpRoutes, SHOP, APP, { metadata: { annotations: { touched: "by somebody" } } });
  await shop.until("rolled back", () => shop.outcome() === "RolledBack" && shop.weight() === undefined);
  await kube.delete(RESOURCES.canaryRollouts, SHOP, APP);
  await shop.until("gone", () => shop.cluster.world.status().phase === undefined);

  const codes = await used(shop);
  expect([...codes].filter(([, answers]) => answers.includes(403))).toEqual([]);
  // The in-memory API server has no admission policies to read, and neither has vertical autoscalers: their kind is asked for in vain.
  const isHere = (permission: string) =>
    !permission.includes("autoscaling.k8s.io") && (IS_REAL || !permission.includes("admissionregistration"));
  expect([...codes.keys()].filter(isHere).sort()).toEqual(granted.filter(isHere).sort());
}, 300_000);
