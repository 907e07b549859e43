/** The admission policies of the install on a real API server, without a controller: what they freeze, what they hold, and whom they tell. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type Deployment, RESOURCES } from "../../src/domain/kube.ts";
import { createAsk, pathOf } from "../../src/standin/api-access.ts";
import { startTestPlane, type TestPlane } from "../support/control-plane.ts";
import { deployment as manifest } from "../support/manifests.ts";

const POLICIES = fileURLToPath(new URL("../../deploy/policies", import.meta.url));
const WARNING = /Serin keeps Deployment checkout paused until its release is over.*serin abort.*serin eject -n shop/;
let real: TestPlane;

beforeAll(async () => {
  real = await startTestPlane();
  await real.kubectl("create", "namespace", "shop");
  await real.kubectl("create", "namespace", "copy");
  await real.kubectl("apply", "-k", POLICIES);
  await inForce();
}, 180_000);
afterAll(() => real.close());
beforeEach(async () => {
  await real.kubectl("delete", "deployment", "checkout", "-n", "shop", "--ignore-not-found", "--wait");
  await real.kube.create(RESOURCES.deployments, manifest("checkout:1", 2));
});

const found = (namespace = "shop") => real.kube.get(RESOURCES.deployments, namespace, "checkout") as Promise<Deployment>;
const patch = (body: object) => real.kube.mergePatch(RESOURCES.deployments, "shop", "checkout", body);
const annotate = (annotations: Readonly<Record<string, string | null>>) => patch({ metadata: { annotations } });
const image = (version: string) => ({
  template: { spec: { containers: [{ name: "app", image: `checkout:${version}`, ports: [{ name: "http", containerPort: 8080 }] }] } },
});
const uid = async () => (await found()).metadata.uid ?? "";

async function adopted(): Promise<void> {
  await annotate({ "serin.dev/rollout": `checkout/${await uid()}` });
}

async function released(): Promise<void> {
  await adopted();
  await patch({ spec: image("2") });
  await annotate({ "serin.dev/release": `${await uid()}/zd2gvgsf7r` });
}

/** The Deployment controller has seen the newest spec. */
async function observed(): Promise<void> {
  for (;;) {
    const { metadata, status } = await found();
    if (status?.observedGeneration === metadata.generation) return;
    await clock.sleep(100);
  }
}

/** API servers take a new policy up after a moment. */
async function inForce(): Promise<void> {
  for (let version = 2; ; version += 1) {
    await real.kubectl("delete", "deployment", "checkout", "-n", "shop", "--ignore-not-found", "--wait");
    await real.kube.create(RESOURCES.deployments, manifest("checkout:1", 2));
    await adopted();
    await patch({ spec: image(String(version)) });
    if ((await found()).spec.paused) return;
    await clock.sleep(500);
  }
}

describe("serin-freeze", () => {
  test("a changed template is paused in the same write, also where that write drops the mark", async () => {
    await adopted();
    await patch({ metadata: { annotations: { "serin.dev/rollout": null } }, spec: image("2") });
    expect((await found()).spec.paused).toBe(true);
    expect((await found()).metadata.annotations).toMatchObject({ "serin.dev/froze": await uid() });
  });

  test("rollout restart and set image freeze; scaling and a label pass", async () => {
    await adopted();
    await real.kubectl("scale", "deployment/checkout", "-n", "shop", "--replicas=3");
    await real.kubectl("label", "deployment/checkout", "-n", "shop", "team=a");
    expect((await found()).spec).toMatchObject({ replicas: 3 });
    expect((await found()).spec.paused).toBeUndefined();
    await real.kubectl("rollout", "restart", "deployment/checkout", "-n", "shop");
    expect((await found()).spec.paused).toBe(true);
    await patch({ spec: { paused: null } });
    await real.kubectl("set", "image", "deployment/checkout", "-n", "shop", "app=checkout:9");
    expect((await found()).spec.paused).toBe(true);
  });

  test("frozen, Kubernetes makes no new set; at rest Progressing reads as complete does", async () => {
    await adopted();
    await observed();
    await patch({ spec: image("2") });
    await observed();
    const sets = JSON.parse(await real.kubectl("get", "rs", "-n", "shop", "-l", "app=checkout", "-o", "json")) as {
      items: { spec: { template: { spec: { containers: { image: string }[] } } } }[];
    };
    expect(sets.items.map(({ spec }) => spec.template.spec.containers[0]?.image)).not.toContain("checkout:2");
  });

  test("a copy in another namespace, marks and all, rolls by itself", async () => {
    await adopted();
    const { metadata, spec } = await found();
    await real.kube.create(RESOURCES.deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "checkout", namespace: "copy", annotations: metadata.annotations ?? {} },
      spec,
    });
    await real.kube.mergePatch(RESOURCES.deployments, "copy", "checkout", { spec: image("2") });
    expect((await found("copy")).spec.paused).toBeUndefined();
  });
});

describe("serin-hold", () => {
  const ways: readonly [string, () => Promise<unknown>][] = [
    ["a merge patch", () => patch({ spec: { paused: null } })],
    ["rollout resume", () => real.kubectl("rollout", "resume", "deployment/checkout", "-n", "shop")],
    [
      "a server-side apply of paused: false",
      async () => {
        const { spec } = await found();
        const object = {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "checkout", namespace: "shop" },
          spec: { ...spec, paused: false },
        };
        const file = await real.file("ssa.json", JSON.stringify(object));
        await real.kubectl("apply", "--server-side", "--force-conflicts", "-f", file);
      },
    ],
    [
      "a PUT without pause and annotations",
      async () => {
        const object = await found();
        const { annotations: _annotations, resourceVersion: _version, ...metadata } = object.metadata;
        const { paused: _paused, ...spec } = object.spec;
        const answer = await createAsk(real.plane.access(), "test")(pathOf(RESOURCES.deployments, "shop", "checkout"), {
          method: "PUT",
          body: { ...object, metadata, spec },
        });
        expect(answer.statusCode, await answer.body.text()).toBe(200);
      },
    ],
  ];

  test.each(ways)("%s leaves it paused, with the release's mark and who it was", async (_name, resume) => {
    await released();
    await resume();
    const { metadata, spec } = await found();
    expect(spec.paused).toBe(true);
    expect(metadata.annotations).toMatchObject({ "serin.dev/release": `${metadata.uid}/zd2gvgsf7r`, "serin.dev/resume-refused": "admin" });
  });

  test("the escape lets go, once for each value", async () => {
    await released();
    await patch({ metadata: { annotations: { "serin.dev/resume": "one" } }, spec: { paused: null } });
    expect((await found()).spec.paused).toBeUndefined();
    await patch({ spec: { paused: true } });
    await patch({ metadata: { annotations: { "serin.dev/resume": "one" } }, spec: { paused: null } });
    expect((await found()).spec.paused).toBe(true);
  });

  test("a release's mark that names another uid holds nothing", async () => {
    await released();
    await annotate({ "serin.dev/release": "another/zd2gvgsf7r" });
    await patch({ spec: { paused: null } });
    expect((await found()).spec.paused).toBeUndefined();
  });
});

test("serin-warn: whoever is not let through reads why, and what to do", async () => {
  await released();
  expect(await real.warnings("rollout", "resume", "deployment/checkout", "-n", "shop")).toMatch(WARNING);
});
