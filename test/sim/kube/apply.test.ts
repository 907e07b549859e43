/** Server-side apply, as a real API server (1.36.3) answered the same requests. */
import { describe, expect, it } from "vitest";
import { type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";
import type { StatusError } from "../../../src/sim/kube/status-error.ts";
import { createWorld } from "./support/world.ts";

const web = (spec: object = {}, container: object = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", labels: { app: "web" } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          {
            name: "app",
            image: "a:1",
            ports: [{ containerPort: 8080, name: "http" }],
            env: [{ name: "A", value: "b" }],
            ...container,
          },
        ],
      },
    },
    ...spec,
  },
});

function createServer() {
  const { store, advance } = createWorld();
  const apply = (fieldManager: string, body: object, { force = false, dryRun = false } = {}) =>
    store.patch(RESOURCES.deployments, "shop", "web", { type: "apply", body, force }, { fieldManager, dryRun }) as KubeObject & {
      // biome-ignore lint/suspicious/noExplicitAny: tests read specs of every shape
      spec: any;
    };
  const merge = (fieldManager: string, body: object, subresource?: "status" | "scale") =>
    store.patch(RESOURCES.deployments, "shop", "web", { type: "merge", body }, { fieldManager, subresource });
  const refusal = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as StatusError).status;
    }
    throw new Error("it was accepted");
  };
  return { store, advance, apply, merge, refusal };
}

const APPLIED = {
  "f:metadata": { "f:labels": { "f:app": {} } },
  "f:spec": {
    "f:replicas": {},
    "f:selector": {},
    "f:template": {
      "f:metadata": { "f:labels": { "f:app": {} } },
      "f:spec": {
        "f:containers": {
          'k:{"name":"app"}': {
            ".": {},
            "f:env": { 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } },
            "f:image": {},
            "f:name": {},
            "f:ports": { 'k:{"containerPort":8080,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:name": {} } },
          },
        },
      },
    },
  },
};

describe("an applied object", () => {
  it("is created, and what was said of it is its manager's", () => {
    const { apply } = createServer();
    const { metadata, spec } = apply("gitops", web());
    expect(spec.template.spec.containers[0].imagePullPolicy).toBe("IfNotPresent");
    expect(metadata.managedFields).toEqual([
      {
        manager: "gitops",
        operation: "Apply",
        apiVersion: "apps/v1",
        time: "2026-11-25T09:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: APPLIED,
      },
    ]);
  });

  it("changes nothing the second time, whenever that is", () => {
    const { apply, advance } = createServer();
    const first = apply("gitops", web());
    advance(5000);
    expect(apply("gitops", web())).toBe(first);
  });

  it("changes nothing in a dry run", () => {
    const { apply, store } = createServer();
    const first = apply("gitops", web());
    expect(apply("gitops", web({ replicas: 4 }), { dryRun: true }).spec.replicas).toBe(4);
    expect(store.get(RESOURCES.deployments, "shop", "web")).toBe(first);
  });

  it("takes away what its manager no longer says, unless somebody else says it too", () => {
    const { apply } = createServer();
    apply("gitops", web({ minReadySeconds: 5, paused: true }));
    apply("other", { ...web(), spec: { paused: true } });
    const { spec } = apply("gitops", web());
    expect(spec).not.toHaveProperty("minReadySeconds");
    expect(spec.paused).toBe(true);
  });

  it("merges lists by the keys of their items, and keeps those of others", () => {
    const { apply, merge } = createServer();
    apply("gitops", web());
    merge("injector", { metadata: { annotations: { a: "1" } } });
    const sidecar = { name: "mesh", image: "m:1" };
    apply("mesh", { ...web(), metadata: { name: "web" }, spec: { template: { spec: { containers: [sidecar] } } } });
    const { spec, metadata } = apply("gitops", web({}, { image: "a:2" }));
    expect(spec.template.spec.containers.map(({ name, image }: { name: string; image: string }) => [name, image])).toEqual([
      ["app", "a:2"],
      ["mesh", "m:1"],
    ]);
    expect(metadata.annotations).toEqual({ a: "1" });
    expect(apply("mesh", { ...web(), metadata: { name: "web" }, spec: {} }).spec.template.spec.containers).toHaveLength(1);
  });
});

describe("a created object", () => {
  it("is its writer's with all its defaults, but for the parts that Kubernetes' own types have from the start", () => {
    const { store } = createServer();
    const { metadata } = store.create(RESOURCES.deployments, "shop", web(), { fieldManager: "kc" });
    const labels = { ".": {}, "f:app": {} };
    const port = { ".": {}, "f:containerPort": {}, "f:name": {}, "f:protocol": {} };
    const container = {
      ".": {},
      "f:env": { ".": {}, 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } },
      "f:image": {},
      "f:imagePullPolicy": {},
      "f:name": {},
      "f:ports": { ".": {}, 'k:{"containerPort":8080,"protocol":"TCP"}': port },
      "f:resources": {},
      "f:terminationMessagePath": {},
      "f:terminationMessagePolicy": {},
    };
    const podSpec = ["dnsPolicy", "restartPolicy", "schedulerName", "securityContext", "terminationGracePeriodSeconds"];
    expect(metadata.managedFields?.[0]?.fieldsV1).toEqual({
      "f:metadata": { "f:labels": labels },
      "f:spec": {
        "f:progressDeadlineSeconds": {},
        "f:replicas": {},
        "f:revisionHistoryLimit": {},
        "f:selector": {},
        "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
        "f:template": {
          "f:metadata": { "f:labels": labels },
          "f:spec": {
            "f:containers": { 'k:{"name":"app"}': container },
            ...Object.fromEntries(podSpec.map((name) => [`f:${name}`, {}])),
          },
        },
      },
    });
  });

  it("without managers is before-first-apply's, from whom an apply takes nothing away", () => {
    const { store, apply, refusal } = createServer();
    store.create(RESOURCES.deployments, "shop", web());
    expect(refusal(() => apply("gitops", web({ replicas: 4 }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    );
    expect(apply("gitops", web({ replicas: 4 }), { force: true }).metadata.managedFields?.map(({ manager }) => manager)).toEqual([
      "gitops",
      "before-first-apply",
    ]);
  });
});

describe("a conflict", () => {
  it("names who owns what", () => {
    const { apply, refusal } = createServer();
    apply("gitops", web());
    expect(refusal(() => apply("other", web({ replicas: 5 }, { image: "a:2" })))).toMatchObject({
      code: 409,
      reason: "Conflict",
      message:
        'Apply failed with 2 conflicts: conflicts with "gitops":\n- .spec.replicas\n- .spec.template.spec.containers[name="app"].image',
      details: {
        causes: [
          { reason: "FieldManagerConflict", message: 'conflict with "gitops"', field: ".spec.replicas" },
          {
            reason: "FieldManagerConflict",
            message: 'conflict with "gitops"',
            field: '.spec.template.spec.containers[name="app"].image',
          },
        ],
      },
    });
  });

  it("names the subresource and the version of an update", () => {
    const { apply, merge, refusal } = createServer();
    apply("gitops", web());
    merge("kubectl", { spec: { replicas: 7 } }, "scale");
    expect(refusal(() => apply("gitops", web())).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    );
  });

  it("is none where the value is the same, which both own then, nor with force, which takes it", () => {
    const { apply, merge } = createServer();
    apply("gitops", web());
    expect(apply("other", { ...web(), spec: { replicas: 3 } }).metadata.managedFields).toHaveLength(2);
    merge("kubectl", { spec: { replicas: 7 } }, "scale");
    const { spec, metadata } = apply("gitops", web(), { force: true });
    expect(spec.replicas).toBe(3);
    expect(metadata.managedFields?.map(({ manager }) => manager)).not.toContain("kubectl");
  });
});

describe("what can't be applied", () => {
  it.each([
    ["an unknown field", web({ replicsa: 3 }), ".spec.replicsa: field not declared in schema"],
    [
      "an item twice",
      web({ template: { spec: { containers: [{ name: "app" }, { name: "app" }] } } }),
      '.spec.template.spec.containers: duplicate entries for key [name="app"]',
    ],
  ])("%s", (_name, body, text) => {
    const { apply, refusal } = createServer();
    expect(refusal(() => apply("x", body))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): ${text}`,
      code: 500,
    });
  });

  it("another name, a version of the past, managers", () => {
    const { store, apply, refusal } = createServer();
    apply("gitops", web());
    const other = () =>
      store.patch(RESOURCES.deployments, "shop", "other", { type: "apply", body: web(), force: false }, { fieldManager: "a" });
    expect(refusal(other).message).toBe("the name of the object (web) does not match the name on the URL (other)");
    const withMeta = (meta: object) => ({ ...web(), metadata: { ...web().metadata, ...meta } });
    expect(refusal(() => apply("gitops", withMeta({ resourceVersion: "1" })))).toMatchObject({ code: 409, reason: "Conflict" });
    expect(refusal(() => apply("gitops", withMeta({ managedFields: [{ manager: "a" }] }))).message).toBe(
      "metadata.managedFields must be nil",
    );
  });
});
