/** 25: the CRD is replaced by an older one mid-life, on the API server itself: said, held at 0, and it goes on with the new one. */
import { expect, test } from "vitest";
import type { KubeObject } from "../../src/domain/kube.ts";
import { DEFINITIONS, ownDefinition } from "../support/control-plane.ts";
import { openShop } from "../support/shop.ts";

const NAME = "canaryrollouts.serin.dev";

/** As it was before status.step existed. */
function older(): KubeObject {
  const crd = structuredClone(ownDefinition()) as never as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { status: { properties: Record<string, unknown> } } } } }[] };
  };
  for (const { schema } of crd.spec.versions) delete schema.openAPIV3Schema.properties.status.properties["step"];
  return crd as never;
}

test("25: a release under an older CRD is CRDOutdated and at 0 until the new one is applied", async () => {
  const shop = await openShop();
  const { kube, world } = shop.cluster;
  await shop.adopt();
  await kube.mergePatch(DEFINITIONS, undefined, NAME, { spec: older()["spec"] });
  await shop.push("v2");
  const stalled = () => world.status().conditions?.find(({ type, status }) => type === "Stalled" && status === "True");
  await shop.until("said", () => stalled()?.reason === "CRDOutdated");
  expect(stalled()?.message).toContain("status.step");
  expect(world.weights.every(({ weight = 0 }) => weight === 0)).toBe(true);
  await kube.mergePatch(DEFINITIONS, undefined, NAME, { spec: ownDefinition()["spec"] });
  await shop.until("promoted", () => shop.outcome() === "Promoted" && shop.weight() === undefined);
  expect((await shop.closingTally()).causes).toEqual({});
}, 400_000);
