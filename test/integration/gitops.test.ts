/**
 * 23: a GitOps tool's self-heal, played by a loop that puts back within a second what Git says: `paused` unset, the apex Service's
 * selector without the pin, and the weights of an adopted route. Nobody's request is lost to the fight, it is said with the rule
 * that ends it, and once it ends the release goes on.
 */
import { expect, onTestFinished, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { RESOURCES, type Resource } from "../../src/domain/kube.ts";
import { createKubeApi } from "../../src/standin/demo/kube-api.ts";
import { APP, SHOP } from "../../src/standin/demo/manifests.ts";
import { openShop, type Shop } from "../support/shop.ts";

const PATIENCE = 300_000;
const HEAL_MS = 500;

/** Puts it back again and again, under a field manager of its own, until it is stopped. */
function selfHeal(shop: Shop, resource: Resource, patch: object): () => void {
  const kube = createKubeApi(shop.cluster.access, "argocd-application-controller (test)");
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void (async () => {
    while (!stop.signal.aborted) {
      await kube.mergePatch(resource, SHOP, APP, patch);
      await clock.sleep(HEAL_MS, stop.signal);
    }
  })().catch(() => undefined);
  return () => stop.abort();
}

const conflict = ({ cluster }: Shop) => cluster.world.status().conditions?.find(({ type }) => type === "GitOpsConflict");

test(
  "the pin of the apex is put back: told with the rule to add; an abort gives back what Git has",
  async () => {
    const shop = await openShop();
    await shop.adopt();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    const stop = selfHeal(shop, RESOURCES.services, { spec: { selector: { "pod-template-hash": null } } });
    await shop.until("a conflict", () => conflict(shop)?.status === "True");
    expect(conflict(shop)?.message).toContain("/spec/selector/pod-template-hash");
    expect(conflict(shop)?.message).toContain("ignoreDifferences");
    stop();
    await shop.cluster.kube.mergePatch(
      { group: "serin.dev", version: "v1alpha1", plural: "canaryrollouts", kind: "CanaryRollout" },
      SHOP,
      APP,
      { metadata: { annotations: { "serin.dev/abort": shop.cluster.world.status().canary?.revision ?? "" } } },
    );
    await shop.until("aborted", () => shop.outcome() === "RolledBack" && shop.weight() === undefined);
    await shop.until(
      "as Git has it",
      () => shop.services().length === 1 && shop.services()[0]?.spec.selector?.["pod-template-hash"] === undefined,
    );
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);

test(
  "`paused` is put back mid-release: frozen again at once (or never resumed), told, and nothing untried is shipped",
  async () => {
    const shop = await openShop({ replicas: 3 });
    await shop.adopt();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    const stop = selfHeal(shop, RESOURCES.deployments, { spec: { paused: null } });
    if (shop.freezesOnChange) {
      // The policy holds it: nothing is lost, so nothing is fought over.
      await shop.until("told", () => shop.happenings.some(({ reason }) => reason === "ResumeRefused"));
      await shop.until("promoted all the same", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
      expect((await shop.closingTally()).causes).toEqual({});
      return;
    }
    await shop.until("a conflict", () => conflict(shop)?.status === "True");
    expect(conflict(shop)?.message).toContain("/spec/paused");
    stop();
    await shop.until(
      "frozen, stable in full",
      () => shop.deployment()?.spec.paused === true && shop.cluster.world.pods(SHOP).get("v1")?.ready === 3,
    );
    expect(shop.weight() ?? 0).toBeLessThanOrEqual(20);
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);

test(
  "a chart that renders `paused: false` in the middle of an apply brings the fix: the fix is the next release",
  async () => {
    const shop = await openShop();
    await shop.adopt();
    await shop.push("v2");
    await shop.until("20 %", () => shop.weight() === 20);
    const containers = shop.deployment()?.spec.template.spec.containers.map((one) => ({ ...one, image: "registry.example/checkout:v4" }));
    await shop.patch({ spec: { paused: false, template: { spec: { containers } } } });
    await shop.until("the fix is tried", () => shop.cluster.world.status().history?.[0]?.outcome === "Superseded");
    await shop.until(
      "the fix is promoted",
      () => shop.outcome() === "Promoted" && shop.pods("v4").length === 2 && shop.weight() === undefined,
    );
    expect((await shop.closingTally()).causes).toEqual({});
  },
  PATIENCE,
);
