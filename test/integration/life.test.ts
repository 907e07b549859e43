/**
 * One shop, release after release, and what people do in the middle of each: every test goes on from where the one before left
 * it, as a cluster does. No request may fail that the deed itself does not explain.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { APP, SHOP } from "../../src/standin/demo/manifests.ts";
import { type Shop, startShop } from "../support/shop.ts";

const PATIENCE = 300_000;
const TRIAL = "serin.dev/role";
let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ replicas: 4, weights: [20] });
  await shop.adopt();
}, PATIENCE);
afterAll(() => shop.close());
beforeEach(() => shop.renew(), PATIENCE);

const kube = () => shop.cluster.kube;
const status = () => shop.cluster.world.status();
const uids = (version: string) => shop.pods(version).map(({ metadata }) => metadata.uid);
const image = () => shop.deployment()?.spec.template.spec.containers.find(({ name }) => name === "app")?.image;
const trial = () => shop.sets().find(({ metadata }) => metadata.labels?.[TRIAL] === "trial");
/** Of that version, controlled by the Deployment. */
const setOf = (version: string) =>
  shop.sets().find(({ metadata, spec }) => {
    const controlled = metadata.ownerReferences?.some(({ controller }) => controller === true) ?? false;
    return controlled && spec.template.spec.containers.some((one) => one.image?.endsWith(`:${version}`));
  });

/** The newest release is over, and its version alone runs. */
async function promoted(version: string): Promise<void> {
  await shop.until(
    `${version} promoted`,
    () => shop.outcome() === "Promoted" && status().stable?.images?.[0]?.endsWith(`:${version}`) === true,
  );
  await shop.until(`only ${version}`, () => shop.cluster.world.pods(SHOP).size === 1 && shop.weight() === undefined);
  await shop.until("Ready", () => status().phase === "Ready" && !status().managed?.route);
}

test(
  "11: somebody deletes the stable ReplicaSet mid-release: it is put back at once, and the release goes on",
  async () => {
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    const stable = setOf("v1");
    expect(stable).toBeDefined();
    await kube().delete(RESOURCES.replicaSets, SHOP, stable?.metadata.name ?? "");
    await shop.until("put back", () => {
      const now = setOf("v1");
      return now !== undefined && now.metadata.uid !== stable?.metadata.uid && now.spec.replicas === 4;
    });
    await shop.until("its pods", () => shop.cluster.world.pods(SHOP).get("v1")?.ready === 4);
    await promoted("v2");
  },
  PATIENCE,
);

test(
  "somebody resumes the Deployment mid-release: paused all the same, who it was is told, no tried pod lost",
  async () => {
    const before = await shop.failures();
    await shop.push("v4");
    await shop.until("20 %", () => shop.weight() === 20 && shop.pods("v4").length > 0);
    const tried = uids("v4");
    await shop.patch({ spec: { paused: null } });
    await shop.until(
      "paused again",
      () =>
        shop.deployment()?.spec.paused === true &&
        shop.happenings.some(({ reason }) => reason === (shop.freezesOnChange ? "ResumeRefused" : "Refrozen")),
    );
    await shop.until("stable in full", () => setOf("v2")?.spec.replicas === 4 && shop.cluster.world.pods(SHOP).get("v2")?.ready === 4);
    await promoted("v4");
    expect(uids("v4")).toEqual(expect.arrayContaining(tried));
    expect(await shop.failures()).toBe(before);
  },
  PATIENCE,
);

test(
  "19: a template goes back and forth: no pod of stable restarts, the release is Reverted, and asked again it is a new one",
  async () => {
    const before = await shop.failures();
    const stable = uids("v4");
    await shop.push("v5");
    await shop.until("20 %", () => shop.weight() === 20);
    await shop.push("v4");
    await shop.until("reverted", () => shop.outcome() === "Reverted");
    await shop.until("Ready", () => status().phase === "Ready" && shop.pods("v5").length === 0);
    expect(uids("v4").sort()).toEqual(stable.sort());
    await shop.push("v5");
    await promoted("v5");
    expect(await shop.failures()).toBe(before);
  },
  PATIENCE,
);

test(
  "a version that was stable before is released again: its old empty set takes no tried pod down",
  async () => {
    const before = await shop.failures();
    await shop.push("v4");
    await shop.until("100 %", () => shop.weight() === 100 && shop.pods("v4").length === 4);
    const tried = uids("v4");
    await promoted("v4");
    expect(uids("v4").sort()).toEqual(tried.sort());
    expect(await shop.failures()).toBe(before);
  },
  PATIENCE,
);

test(
  "an autoscaler lowers and raises the size around the hand-over: both versions keep what serves",
  async () => {
    const before = await shop.failures();
    await shop.push("v6");
    await shop.until("baking", () => shop.weight() === 100);
    await shop.until(
      "promoting",
      () =>
        shop
          .services()
          .some(
            ({ metadata, spec }) =>
              metadata.name === APP && spec.selector?.["pod-template-hash"] === trial()?.metadata.labels?.["pod-template-hash"],
          ) || status().phase === "Promoting",
    );
    await shop.patch({ spec: { replicas: 3 } });
    await promoted("v6");
    await shop.until("three", () => shop.pods("v6").length === 3);
    await shop.patch({ spec: { replicas: 5 } });
    await shop.until("five", () => shop.cluster.world.pods(SHOP).get("v6")?.ready === 5);
    expect(await shop.failures()).toBe(before);
  },
  PATIENCE,
);

test(
  "the route and the canary's Service are deleted under weight: made anew, from weight 0",
  async () => {
    await shop.push("v7");
    await shop.until("20 %", () => shop.weight() === 20);
    await kube().delete(RESOURCES.httpRoutes, SHOP, APP);
    await shop.until("a route again", () => shop.weight() === 20 && shop.cluster.world.weights.at(-2)?.weight === 0);
    await kube().delete(RESOURCES.services, SHOP, `${APP}-canary`);
    await promoted("v7");
  },
  PATIENCE,
);

test(
  "22: zero replicas in the middle of a trial, and a night at zero: handed over without steps, nothing untried starts",
  async () => {
    await shop.push("v8");
    await shop.until("20 %", () => shop.weight() === 20);
    await shop.patch({ spec: { replicas: 0 } });
    await shop.until("no pods", () => shop.pods("v7").length === 0 && shop.pods("v8").length === 0);
    await shop.until("handed over", () => ["NoPods", "Promoted"].includes(shop.outcome() ?? "") && status().phase === "Ready");
    await shop.patch({ spec: { replicas: 2 } });
    await shop.until("the morning", () => shop.cluster.world.pods(SHOP).get("v8")?.ready === 2);
    expect(shop.pods("v7")).toEqual([]);
  },
  PATIENCE,
);

test(
  "17: the CanaryRollout is deleted mid-release: stable serves on, and what was not tried is not shipped",
  async () => {
    const before = await shop.failures();
    const stable = uids("v8");
    await shop.push("v9");
    await shop.until("20 %", () => shop.weight() === 20);
    await kube().delete(RESOURCES.canaryRollouts, SHOP, APP);
    await shop.until(
      "left",
      () => shop.deployment()?.metadata.annotations?.["serin.dev/frozen"] !== undefined && shop.pods("v9").length === 0,
    );
    await shop.until("nothing of Serin's", () => shop.weight() === undefined && shop.services().length === 1);
    expect(shop.deployment()?.spec.paused).toBe(true);
    expect(image()).toMatch(/:v9$/);
    expect(uids("v8").sort()).toEqual(stable.sort());
    expect(await shop.failures()).toBe(before);
  },
  PATIENCE,
);
