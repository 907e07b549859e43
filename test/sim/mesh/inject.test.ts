import { expect, test } from "vitest";
import { type Pod, RESOURCES } from "../../../src/domain/kube.ts";
import { createStore } from "../../../src/sim/kube/store.ts";
import { injectProxy, wantsProxy } from "../../../src/sim/mesh/inject.ts";
import { withInjector } from "../../../src/standin/mesh/injector.ts";

const template = (annotations: Record<string, string>) => ({
  metadata: { labels: { app: "web" }, annotations },
  spec: { containers: [{ name: "app", image: "web:v1", ports: [{ containerPort: 8080 }] }] },
});

const pod = (annotations: Record<string, string>): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  ...template(annotations),
  metadata: { ...template(annotations).metadata, name: "web-1", namespace: "default" },
});

test("only pods that ask for it, and only once", () => {
  expect(wantsProxy(pod({}))).toBe(false);
  const asking = pod({ "linkerd.io/inject": "enabled" });
  expect(wantsProxy(asking)).toBe(true);
  expect(wantsProxy(injectProxy(asking, "web"))).toBe(false);
});

test("the admin port is declared by name, and the workload by label", () => {
  const { metadata, spec } = injectProxy(pod({ "linkerd.io/inject": "enabled" }), "web");
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  expect(ports.find(({ name }) => name === "linkerd-admin")?.containerPort).toBe(4191);
  expect(metadata.labels).toMatchObject({ app: "web", "linkerd.io/proxy-deployment": "web" });
});

test("a pod is injected on its creation, by its owner's owner; the ReplicaSet is not", () => {
  const store = withInjector(createStore({ now: () => 0 }));
  const asking = template({ "linkerd.io/inject": "enabled" });
  const selector = { matchLabels: { app: "web" } };
  const meta = (name: string) => ({ name, namespace: "default" });
  const deployment = store.create(RESOURCES.deployments, "default", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: meta("web"),
    spec: { selector, template: asking },
  });
  // As Serin's trial: owned, not controlled.
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: deployment.metadata.uid!, controller: false };
  const set = store.create(RESOURCES.replicaSets, "default", {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { ...meta("web-abc"), ownerReferences: [owner] },
    spec: { selector, template: asking },
  });
  const reference = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-abc", uid: set.metadata.uid!, controller: true };
  const made = store.create(RESOURCES.pods, "default", {
    ...pod({ "linkerd.io/inject": "enabled" }),
    metadata: { ...pod({ "linkerd.io/inject": "enabled" }).metadata, ownerReferences: [reference] },
  }) as Pod;
  expect(made.spec.containers.map(({ name }) => name)).toEqual(["linkerd-proxy", "app"]);
  expect(made.metadata.labels?.["linkerd.io/proxy-deployment"]).toBe("web");
  expect(JSON.stringify(store.get(RESOURCES.replicaSets, "default", "web-abc"))).not.toContain("linkerd-proxy");
});
