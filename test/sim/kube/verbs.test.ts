import { describe, expect, it } from "vitest";
import { ApiError, type Resource, type Verbs } from "../../../src/domain/kube.ts";
import { storeVerbs } from "../../../src/sim/kube/verbs.ts";
import { CONFIG_MAPS, configMap, createWorld } from "./support/world.ts";

async function errorOf(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

const NOWHERE: Resource = { group: "x.dev", version: "v1", plural: "xs", kind: "X" };
const failingTest = [{ op: "test", path: "/data/k", value: "other" }] as const;

describe("the controller's verbs over the model", () => {
  it.each([
    ["gone", 404, (verbs: Verbs) => verbs.get(CONFIG_MAPS, "shop", "nope")],
    ["gone", 404, (verbs: Verbs) => verbs.get(NOWHERE, "shop", "a")],
    ["conflict", 409, (verbs: Verbs) => verbs.create(CONFIG_MAPS, configMap("a", { namespace: "shop" }))],
    ["conflict", 409, (verbs: Verbs) => verbs.mergePatch(CONFIG_MAPS, "shop", "a", { metadata: { resourceVersion: "1" } })],
    ["conflict", 422, (verbs: Verbs) => verbs.jsonPatch(CONFIG_MAPS, "shop", "a", failingTest)],
    ["conflict", 409, (verbs: Verbs) => verbs.delete(CONFIG_MAPS, "shop", "a", { uid: "other" })],
    ["invalid", 422, (verbs: Verbs) => verbs.mergePatch(CONFIG_MAPS, "shop", "a", { metadata: { labels: { a: "b c" } } })],
    ["invalid", 400, (verbs: Verbs) => verbs.mergePatch(CONFIG_MAPS, "shop", "a", [])],
  ])("answer %s for a %i", async (kind, status, work) => {
    const { store } = createWorld();
    const verbs = storeVerbs(store);
    await verbs.create(CONFIG_MAPS, configMap("a", { namespace: "shop" }, { k: "1" }));
    expect(await errorOf(work(verbs))).toMatchObject({ kind, status });
  });

  it("read and write what is there", async () => {
    const { store } = createWorld();
    const verbs = storeVerbs(store, "serin");
    await verbs.create(CONFIG_MAPS, configMap("a", { namespace: "shop" }));
    const patched = await verbs.mergePatch(CONFIG_MAPS, "shop", "a", { data: { k: "1" } });
    expect(await verbs.get(CONFIG_MAPS, "shop", "a")).toBe(patched);
    expect(patched.metadata.managedFields).toMatchObject([{ manager: "serin" }]);
    await verbs.delete(CONFIG_MAPS, "shop", "a", {});
    expect(store.find(CONFIG_MAPS, "shop", "a")).toBeUndefined();
  });
});
