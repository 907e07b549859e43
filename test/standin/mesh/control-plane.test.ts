/** The mesh's control plane against a real API server: what it learns by watches, and the status that it writes. */
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { systemClock } from "../../../src/domain/clock.ts";
import { type KubeObject, RESOURCES, type Route } from "../../../src/domain/kube.ts";
import { createStore, type KubeStore } from "../../../src/sim/kube/store.ts";
import { PROXY_CONTAINER } from "../../../src/sim/mesh/inject.ts";
import { startApiServer } from "../../../src/standin/apiserver/server.ts";
import { type Directory, directoryOf, startDirectory } from "../../../src/standin/mesh/directory.ts";
import { createPolicyController } from "../../../src/standin/mesh/policy-controller.ts";
import { shippedFile } from "../../../src/standin/shipped-file.ts";
import { fact, fixture, route, service, WEB } from "../../sim/mesh/lab.ts";

const DEFINITIONS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };

async function open() {
  const store = createStore({ now: Date.now, namespaces: ["lab"] });
  for (const name of ["httproute.yaml", "grpcroute.yaml"]) store.create(DEFINITIONS, "", parse(shippedFile(name)) as KubeObject);
  const api = await startApiServer({ store, token: "secret" });
  const ending = new AbortController();
  const listeners = new Set<() => void>();
  const { directory, synced } = startDirectory(
    {
      server: api.url,
      token: "secret",
      userAgent: "test",
      clock: systemClock,
      onChange: () => {
        for (const listener of listeners) listener();
      },
    },
    ending.signal,
  );
  onTestFinished(async () => {
    ending.abort();
    await api.close();
  });
  await synced;
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return { store, api, directory, until, listeners };
}

function put(store: KubeStore, object: KubeObject): KubeObject {
  const { uid: _uid, resourceVersion: _version, managedFields: _fields, ...metadata } = object.metadata;
  const kind = store.kinds.byKind(object.apiVersion, object.kind)!;
  return store.create(kind, "lab", { ...object, metadata });
}

function slice(ready: boolean): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "lab", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [
      { addresses: ["10.244.0.2"], conditions: { ready }, targetRef: { kind: "Pod", name: "web-1", namespace: "lab", uid: "u" } },
    ],
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
  };
}

const POD: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "lab" },
  spec: { containers: [{ name: PROXY_CONTAINER, image: "proxy" }] },
};

const withoutAddress = (name: string) => {
  const { clusterIP: _ip, ...spec } = service(name).spec;
  return { ...service(name), spec };
};

test("Services, endpoints and routes are learned by watch, also after the watches were cut", async () => {
  const { store, api, directory, until } = await open();
  put(store, withoutAddress("web"));
  put(store, slice(true));
  put(store, POD);
  await until(() => directory.endpoints(WEB).length === 1);
  expect(directory.endpoints(WEB)[0]).toMatchObject({ ip: "10.244.0.2", port: 8080 });
  api.closeWatches();
  store.delete(RESOURCES.endpointSlices, "lab", "web-1");
  await until(() => directory.endpoints(WEB).length === 0);
  put(store, slice(false));
  put(store, route(90, 10));
  await until(() => directory.httpRoutes().length === 1);
  expect(directory.endpoints(WEB)).toEqual([]);
});

test("an address is offered once its pod is known: a proxy would not be taken for missing", () => {
  const key = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  const mapOf = (...objects: KubeObject[]) => new Map(objects.map((object) => [key(object), object]));
  const none = { httpRoutes: mapOf(), grpcRoutes: mapOf() };
  const known = { ...none, services: mapOf(service("web")), endpointSlices: mapOf(slice(true)) };
  expect(directoryOf({ ...known, pods: mapOf() }).endpoints(WEB)).toEqual([]);
  expect(directoryOf({ ...known, pods: mapOf(POD) }).endpoints(WEB)).toMatchObject([{ ip: "10.244.0.2", pod: "web-1", meshed: true }]);
});

test("the policy controller writes route status as Linkerd does, and nothing when a weight changes", async () => {
  const { store, api, directory, until, listeners } = await open();
  const controller = createPolicyController({ server: api.url, token: "secret", directory, clock: systemClock });
  listeners.add(() => controller.refresh());
  for (const name of ["web", "web-stable", "web-canary"]) put(store, withoutAddress(name));
  put(store, route(90, 10));
  const current = (from: Directory = directory) => from.httpRoutes()[0]?.status?.parents;
  // Services and routes come by watches of their own: the status may at first speak of a Service that is not known yet.
  await until(() => current()?.[0]?.conditions?.every(({ status }) => status === "True") ?? false);
  const recorded = JSON.parse(fixture("status.json")).status;
  const withoutTimes = (parents: unknown) =>
    JSON.parse(JSON.stringify(parents), (key, value) => (key === "lastTransitionTime" ? undefined : value));
  expect(withoutTimes(current())).toEqual(withoutTimes(recorded));

  const before = current();
  store.patch(RESOURCES.httpRoutes, "lab", "web", {
    type: "json",
    body: [{ op: "replace", path: "/spec/rules/0/backendRefs/1/weight", value: 50 }],
  });
  await until(() => (directory.httpRoutes()[0] as Route).spec.rules?.[0]?.backendRefs?.[1]?.weight === 50);
  expect(current()).toEqual(before);

  put(store, {
    ...route(1, 1),
    kind: "GRPCRoute",
    metadata: { name: "grpc", namespace: "lab" },
    spec: { parentRefs: route(1, 1).spec.parentRefs },
  });
  await until(() => current()?.[0]?.conditions?.[0]?.status === "False");
  const [conditions] = fact("grpcroute").httproute_conditions;
  expect(current()?.[0]?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual(conditions);
});
