/** Scar 25: an old CRD drops what a release must remember. It is said with the command, nothing is raised, and it heals. */
import { expect, test } from "vitest";
import type { KubeObject } from "../../src/domain/kube.ts";
import { crds } from "../support/manifests.ts";
import { condition, SPEC } from "./moments.ts";
import { adopted, deploymentOf, type Story } from "./story.ts";

const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };
const NAME = "canaryrollouts.serin.dev";

function current(): KubeObject {
  return crds().find(({ metadata }) => metadata.name === NAME) as KubeObject;
}

/** As it was before status.step existed. */
function older(): KubeObject {
  const crd = structuredClone(current()) as never as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { status: { properties: Record<string, unknown> } } } } }[] };
  };
  for (const { schema } of crd.spec.versions) delete schema.openAPIV3Schema.properties.status.properties["step"];
  return crd as never;
}

function install(story: Story, crd: KubeObject): void {
  story.world.store.patch(CRDS, "", NAME, { type: "merge", body: { spec: crd["spec"] } });
}

test("25: the chart left an old CRD: CRDOutdated with the command, weight never above 0; with the new one it is promoted", async () => {
  const story = await adopted({ spec: SPEC, replicas: 4 });
  install(story, older());
  story.push("checkout:2");
  await story.phase("Stalled");
  expect(condition(story, "Stalled")).toMatchObject({ reason: "CRDOutdated", message: expect.stringContaining("status.step") });
  expect(condition(story, "Stalled")?.message).toContain("serin crds | kubectl apply");
  await story.world.advance(20 * 60_000);
  expect(["no route", "100/0"]).toContain(story.weights());
  install(story, current());
  await story.outcome("Promoted");
  expect(deploymentOf(story).spec.template.spec.containers[0]?.image).toBe("checkout:2");
});
