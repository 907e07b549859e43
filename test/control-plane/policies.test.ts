/** The admission policies of the install on a real API server, without a controller: what they freeze, what they hold, and whom they tell. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type Deployment, RESOURCES, type ReplicaSet } from "../../src/domain/kube.ts";
import { createAsk, pathOf } from "../../src/standin/api-access.ts";
import { startTestPlane, type TestPlane } from "../support/control-plane.ts";
import { deployment as manifest } from "../support/manifests.ts";

const POLICIES = fileURLToPath(new URL("../../deploy/policies", import.meta.url));
const WARNING =
  /Serin keeps Deployment checkout paused until its release is over.*serin abort checkout -n shop; .*serin eject checkout -n shop/;
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

async function put(object: Deployment): Promise<void> {
  const path = pathOf(RESOURCES.deployments, "shop", "checkout");
  const answer = await createAsk(real.plane.access(), "test")(path, { method: "PUT", body: object });
  expect(answer.statusCode, await answer.body.text()).toBe(200);
}

/** The Deployment controller has copied the annotations of this moment to the set of that revision. */
async function revisionIs(revision: string): Promise<void> {
  for (;;) {
    const { metadata } = await found();
    const sets = JSON.parse(await real.kubectl("get", "rs", "-n", "shop", "-l", "app=checkout", "-o", "json")) as { items: ReplicaSet[] };
    const copied = sets.items.find(({ metadata: { annotations } }) => annotations?.["deployment.kubernetes.io/revision"] === revision);
    const marks = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.startsWith("serin.dev/"));
    if (copied !== undefined && marks.every(([name, value]) => copied.metadata.annotations?.[name] === value)) return;
    await clock.sleep(100);
  }
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

  test("at rest Progressing reads as of any Deployment that is complete", async () => {
    await adopted();
    await patch({ spec: { replicas: 0 } });
    await observed();
    const progressing = async () => {
      const { status } = (await found()) as Deployment & { status?: { conditions?: { type: string; status: string; reason: string }[] } };
      return status?.conditions?.find(({ type }) => type === "Progressing");
    };
    await expect.poll(progressing, { timeout: 60_000 }).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
  });

  test.each([
    ["server-side", ["--server-side", "--field-manager=flux"]],
    ["client-side", []],
  ])("%s apply of the same manifest, again and again: a changed template is paused, and stays so", async (_, flags) => {
    const applied = async (version: string) => {
      const file = await real.file(`app-${version}.json`, JSON.stringify(manifest(`checkout:${version}`, 2)));
      await real.kubectl("apply", ...flags, "-f", file);
    };
    await real.kubectl("delete", "deployment", "checkout", "-n", "shop", "--wait");
    await applied("1");
    await adopted();
    await applied("1");
    expect((await found()).spec.paused).toBeUndefined();
    for (const _again of [1, 2, 3]) {
      await applied("2");
      expect((await found()).spec.paused).toBe(true);
    }
    expect((await found()).metadata.annotations).toMatchObject({ "serin.dev/froze": await uid() });
    expect((await found()).metadata.annotations).not.toHaveProperty("serin.dev/resume-refused");
  });

  test("a PUT of a changed template without pause and annotations is paused", async () => {
    await adopted();
    const object = await found();
    const { annotations: _annotations, resourceVersion: _version, ...metadata } = object.metadata;
    const { spec } = manifest("checkout:2", 2) as Deployment;
    await put({ ...object, metadata, spec: { ...object.spec, template: spec.template } } as Deployment);
    expect((await found()).spec.paused).toBe(true);
    expect((await found()).metadata.annotations).not.toHaveProperty("serin.dev/rollout");
  });

  test("rollout undo is paused too, whatever marks it brings back", async () => {
    await adopted();
    await annotate({ "serin.dev/release": `${await uid()}/4444444444` });
    await revisionIs("1");
    await annotate({ "serin.dev/rollout": null, "serin.dev/release": null });
    await patch({ spec: image("2") });
    await revisionIs("2");
    await adopted();
    await real.kubectl("rollout", "undo", "deployment/checkout", "-n", "shop", "--to-revision=1");
    const { metadata, spec } = await found();
    expect(spec.template.spec.containers[0]?.image).toBe("checkout:1");
    expect(spec.paused).toBe(true);
    expect(metadata.annotations).toMatchObject({
      "serin.dev/froze": metadata.uid,
      "serin.dev/release": `${metadata.uid}/4444444444`,
    });
  });

  test("frozen, Kubernetes makes no new set", async () => {
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
        await put({ ...object, metadata, spec } as Deployment);
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

describe("serin-warn", () => {
  const resumedBy = (user: string) =>
    real.warnings("rollout", "resume", "deployment/checkout", "-n", "shop", `--as=${user}`, "--as-group=system:masters");

  test("whoever is not let through reads why, and what to do; so does the next one, and who tries again, while nobody took the mark off", async () => {
    await released();
    for (const user of ["ann", "bob", "bob"]) {
      expect(await resumedBy(user)).toMatch(WARNING);
      expect((await found()).metadata.annotations).toMatchObject({ "serin.dev/resume-refused": user });
    }
  });

  test("a rollout of another name than its Deployment's is named", async () => {
    await released();
    await annotate({ "serin.dev/rollout": `shop-checkout/${await uid()}` });
    expect(await resumedBy("ann")).toMatch(/serin eject shop-checkout -n shop/);
  });

  test("whoever else writes, and whoever takes the mark off, is not warned", async () => {
    await released();
    await resumedBy("ann");
    expect(await real.warnings("label", "deployment/checkout", "-n", "shop", "team=a", "--overwrite")).not.toMatch(WARNING);
    expect(await real.warnings("annotate", "deployment/checkout", "-n", "shop", "serin.dev/resume-refused-")).not.toMatch(WARNING);
    expect((await found()).metadata.annotations).not.toHaveProperty("serin.dev/resume-refused");
  });

  test("ordinary Deployments are not warned about", async () => {
    expect(await real.warnings("rollout", "pause", "deployment/checkout", "-n", "shop")).not.toMatch(WARNING);
    expect(await resumedBy("ann")).not.toMatch(WARNING);
    expect((await found()).spec.paused).toBeUndefined();
  });
});
