import { describe, expect, it } from "vitest";
import { type KubeObject, RESOURCES, type Resource } from "../../../src/domain/kube.ts";
import { StatusError } from "../../../src/sim/kube/status-error.ts";
import { createWorld, deployment, pod, service } from "./support/world.ts";

function fieldsRefused(resource: Resource, object: KubeObject): string[] {
  const { store } = createWorld();
  try {
    store.create(resource, "shop", object);
    return [];
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 422) {
      return (error.status.details?.causes ?? []).map(({ field }) => field ?? "");
    }
    throw error;
  }
}

describe("pods", () => {
  it("pull an image without a tag, or of tag latest, always", () => {
    const { store } = createWorld();
    const images = ["a", "a:latest", "a:1", "registry.example:5000/a", "a@sha256:0"];
    const containers = images.map((image, index) => ({ name: `c${index}`, image }));
    const made = store.create(RESOURCES.pods, "shop", pod("p", { containers })) as KubeObject & {
      spec: { containers: { imagePullPolicy: string }[] };
    };
    expect(made.spec.containers.map(({ imagePullPolicy }) => imagePullPolicy)).toEqual([
      "Always",
      "Always",
      "IfNotPresent",
      "Always",
      "IfNotPresent",
    ]);
  });

  it("change their image and nothing else", () => {
    const { store } = createWorld();
    store.create(RESOURCES.pods, "shop", pod("p"));
    const set = (path: string, value: unknown) => () =>
      store.patch(RESOURCES.pods, "shop", "p", { type: "json", body: [{ op: "add", path, value }] });
    expect(set("/spec/containers/0/image", "a:2")()).toMatchObject({ metadata: { generation: 2 } });
    expect(set("/spec/containers/0/command", ["sh"])).toThrow("pod updates may not change fields other than");
  });
});

describe("workloads", () => {
  const template = (labels: object, spec: object = { containers: [{ name: "a", image: "a:1" }] }) => ({ metadata: { labels }, spec });
  it.each([
    ["no selector", { selector: undefined }, ["spec.selector"]],
    ["a selector that does not select its own pods", { template: template({ app: "other" }) }, ["spec.template.metadata.labels"]],
    ["no containers", { template: template({ app: "web" }, { containers: [] }) }, ["spec.template.spec.containers"]],
    ["no image", { template: template({ app: "web" }, { containers: [{ name: "a" }] }) }, ["spec.template.spec.containers[0].image"]],
    ["a negative size", { replicas: -1 }, ["spec.replicas"]],
    ["a deadline below minReadySeconds", { minReadySeconds: 600 }, ["spec.progressDeadlineSeconds"]],
    ["Recreate with a rolling update", { strategy: { type: "Recreate", rollingUpdate: {} } }, ["spec.strategy.rollingUpdate"]],
  ])("%s is refused", (_, spec, fields) => {
    expect(fieldsRefused(RESOURCES.deployments, deployment("web", spec))).toEqual(fields);
  });

  it("keep their selector", () => {
    const { store } = createWorld();
    store.create(RESOURCES.deployments, "shop", deployment("web"));
    const body = { spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } } };
    expect(() => store.patch(RESOURCES.deployments, "shop", "web", { type: "merge", body })).toThrow("field is immutable");
  });
});

describe("services", () => {
  it("get an address that nobody has, and keep it", () => {
    const { store } = createWorld();
    const addresses = ["a", "b"].map(
      (name) => (store.create(RESOURCES.services, "shop", service(name))["spec"] as { clusterIP: string }).clusterIP,
    );
    expect(new Set(addresses).size).toBe(2);
    expect(addresses[0]).toMatch(/^10\.96\.\d+\.\d+$/);
    const put = store.replace(RESOURCES.services, "shop", "a", service("a", { ports: [{ port: 81 }] }));
    expect(put).toMatchObject({ spec: { clusterIP: addresses[0], ports: [{ port: 81, targetPort: 81, protocol: "TCP" }] } });
    expect(() => store.patch(RESOURCES.services, "shop", "a", { type: "merge", body: { spec: { clusterIP: "10.96.0.9" } } })).toThrow(
      "may not change once set",
    );
  });

  it("without an address stay without one", () => {
    const { store } = createWorld();
    const made = store.create(RESOURCES.services, "shop", service("a", { clusterIP: "None", ports: undefined }));
    expect(made["spec"]).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
    const external = store.create(
      RESOURCES.services,
      "shop",
      service("b", { type: "ExternalName", externalName: "x.example", ports: undefined }),
    );
    expect(external["spec"]).not.toHaveProperty("clusterIP");
  });

  it.each([
    ["no ports", { ports: [] }, ["spec.ports"]],
    ["port 0", { ports: [{ port: 0 }] }, ["spec.ports[0].port", "spec.ports[0].targetPort"]],
    ["two ports without names", { ports: [{ port: 80 }, { port: 81 }] }, ["spec.ports[0].name", "spec.ports[1].name"]],
    ["two ports of one name", { ports: [80, 81].map((port) => ({ name: "a", port })) }, ["spec.ports[1].name"]],
    ["an unknown type", { type: "Magic" }, ["spec.type"]],
  ])("%s is refused", (_, spec, fields) => {
    expect(fieldsRefused(RESOURCES.services, service("a", spec))).toEqual(fields);
  });

  it("have names that begin with a letter", () => {
    expect(fieldsRefused(RESOURCES.services, service("1a"))).toEqual(["metadata.name"]);
  });
});

describe("events", () => {
  const core = { group: "", version: "v1", plural: "events", kind: "Event" };
  const event = (more: object = {}) => ({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e" },
    eventTime: "2026-11-25T09:00:00.000000Z",
    reportingController: "serin.dev/controller",
    reportingInstance: "serin-0",
    action: "Raise",
    reason: "WeightRaised",
    regarding: { kind: "CanaryRollout", name: "web", namespace: "shop" },
    note: "5 %",
    type: "Normal",
    ...more,
  });

  it("are the same objects in both groups", () => {
    const { store } = createWorld();
    store.create(RESOURCES.events, "shop", event());
    const seen = store.get(core, "shop", "e");
    expect(seen).toMatchObject({
      apiVersion: "v1",
      message: "5 %",
      involvedObject: { name: "web" },
      reportingComponent: "serin.dev/controller",
    });
    expect(seen).not.toHaveProperty("note");
    store.patch(core, "shop", "e", { type: "merge", body: { count: 2 } });
    expect(store.get(RESOURCES.events, "shop", "e")).toMatchObject({ note: "5 %", deprecatedCount: 2 });
    expect(store.list(core, { fieldSelector: "involvedObject.name=web,reason=WeightRaised" }).items).toHaveLength(1);
  });

  it.each([
    ["another type", { type: "Loud" }, ["type"]],
    ["no action", { action: "" }, ["action"]],
    ["a note that is too long", { note: "x".repeat(1025) }, ["note"]],
    ["another namespace", { regarding: { kind: "Pod", name: "p", namespace: "default" } }, ["regarding.namespace"]],
  ])("%s is refused", (_, more, fields) => {
    expect(fieldsRefused(RESOURCES.events, event(more))).toEqual(fields);
  });

  it("keep what they tell: only the series goes on", () => {
    const { store } = createWorld();
    store.create(RESOURCES.events, "shop", event());
    const patch = (body: object) => () => store.patch(RESOURCES.events, "shop", "e", { type: "merge", body });
    expect(patch({ note: "6 %" })).toThrow("field is immutable");
    expect(patch({ series: { count: 2, lastObservedTime: "2026-11-25T09:00:05.000000Z" } })()).toMatchObject({ series: { count: 2 } });
  });
});

describe("leases", () => {
  it.each(["2026-11-25T09:00:00Z", "2026-11-25T09:00:00.123Z", "2026-11-25T09:00:00.1234567Z", "yesterday", "2026-11-25T09:00:00.123456"])(
    "%s is no time with six decimals",
    (renewTime) => {
      const { store } = createWorld();
      const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" }, spec: { renewTime } };
      expect(() => store.create(RESOURCES.leases, "shop", lease)).toThrow(
        /^Lease in version "v1" cannot be handled as a Lease: parsing time/,
      );
    },
  );
});
