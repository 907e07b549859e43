/** EndpointSlices: which pods are in them, in which state, and how many slices there are. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../../src/domain/kube.ts";
import type { Endpoint } from "../../../../src/sim/kube/controllers/endpoint-slice/endpoints.ts";
import { MOST_ENDPOINTS, pack } from "../../../../src/sim/kube/controllers/endpoint-slice/pack.ts";
import type { LiveSlice } from "../../../../src/sim/kube/controllers/endpoint-slice/reconcile.ts";
import type { PodBehaviour } from "../../../../src/sim/kube/controllers/index.ts";
import { createWorld, deployment, type World } from "./support/world.ts";

function service(spec: object = {}): KubeObject {
  const ports = [{ name: "http", port: 80, targetPort: "web" }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", labels: { team: "shop" } },
    spec: { selector: { app: "web" }, ports, ...spec },
  };
}

function served(replicas: number, behaviour: PodBehaviour = { kind: "ready", afterMs: 500 }, serviceSpec: object = {}): World {
  const world = createWorld({ behaviourOf: () => behaviour, stopMs: () => 2000 });
  const container = { name: "a", image: "a:1", ports: [{ name: "web", containerPort: 8080 }] };
  world.create(deployment({ replicas, spec: { template: { metadata: { labels: { app: "web" } }, spec: { containers: [container] } } } }));
  world.create(service(serviceSpec));
  world.run(3000);
  return world;
}

function slices(world: World): readonly LiveSlice[] {
  return world.slices("web") as readonly LiveSlice[];
}

function endpoints(world: World): readonly Endpoint[] {
  return slices(world).flatMap((slice) => slice.endpoints ?? []);
}

test("a slice names its Service, and each endpoint its pod", () => {
  const world = served(2);
  const [slice] = slices(world);
  const uid = world.store.get({ group: "", version: "v1", plural: "services", kind: "Service" }, "shop", "web").metadata.uid;
  expect(slice).toMatchObject({
    addressType: "IPv4",
    metadata: {
      name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
      labels: {
        team: "shop",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name: "web", uid, controller: true, blockOwnerDeletion: true }],
    },
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  });
  const pods = world.pods().map(({ metadata, status }) => ({ uid: metadata.uid, ip: status?.podIP }));
  expect(endpoints(world).map(({ targetRef, addresses }) => ({ uid: targetRef.uid, ip: addresses[0] }))).toEqual(
    expect.arrayContaining(pods),
  );
  expect(endpoints(world).map((endpoint) => endpoint.conditions)).toEqual(
    Array(2).fill({ ready: true, serving: true, terminating: false }),
  );
});

describe("the state of an endpoint", () => {
  test("unready pods are in it, and not ready, unless the Service publishes them", () => {
    expect(endpoints(served(1, { kind: "neverReady" }))[0]?.conditions).toEqual({ ready: false, serving: false, terminating: false });
    const published = served(1, { kind: "neverReady" }, { publishNotReadyAddresses: true });
    expect(endpoints(published)[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false });
  });

  test("a pod on its way out still serves, is not ready, and then is gone", () => {
    const world = served(2);
    const [gone] = world.pods();
    world.remove("pods", gone?.metadata.name ?? "");
    world.run(1000);
    const own = () => endpoints(world).find((endpoint) => endpoint.targetRef.uid === gone?.metadata.uid);
    expect(own()?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    world.run(2000);
    expect(own()).toBeUndefined();
    expect(endpoints(world)).toHaveLength(2);
  });

  test("flickering readiness shows", () => {
    const world = served(1, { kind: "flicker", afterMs: 100, readyMs: 1000, unreadyMs: 1000 });
    const seen = new Set<boolean | undefined>();
    for (let round = 0; round < 10; round += 1) {
      world.run(500);
      seen.add(endpoints(world)[0]?.conditions.ready);
    }
    expect(seen).toEqual(new Set([true, false]));
  });
});

describe("which slices", () => {
  test("a Service without pods has one that is empty, and it is the one that fills", () => {
    const world = createWorld();
    world.create(service());
    world.run(1000);
    const [empty] = slices(world);
    expect(empty).toMatchObject({ endpoints: null, ports: null });
    const container = { name: "a", image: "a:1", ports: [{ name: "web", containerPort: 8080 }] };
    world.create(deployment({ spec: { template: { metadata: { labels: { app: "web" } }, spec: { containers: [container] } } } }));
    world.run(3000);
    expect(slices(world).map((slice) => slice.metadata.name)).toEqual([empty?.metadata.name]);
    expect(endpoints(world)).toHaveLength(3);
    world.merge("deployments", "web", { spec: { replicas: 0 } });
    world.run(5000);
    expect(slices(world)).toMatchObject([{ metadata: { name: empty?.metadata.name }, endpoints: null, ports: null }]);
  });

  test("another selector changes the endpoints in one look; no selector and no Service mean no slices of ours", () => {
    const world = served(2);
    world.merge("services", "web", { spec: { selector: { app: "nobody" } } });
    world.run(100);
    expect(endpoints(world)).toEqual([]);
    world.remove("services", "web");
    world.run(1000);
    expect(slices(world)).toEqual([]);
    world.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
    world.run(1000);
    expect(slices(world)).toEqual([]);
  });

  test("a slice that somebody deleted comes back", () => {
    const world = served(2);
    world.remove("endpointSlices", slices(world)[0]?.metadata.name ?? "");
    world.run(100);
    expect(endpoints(world)).toHaveLength(2);
  });

  test("pods with other numbers for a named port get a slice of their own", () => {
    const world = served(2);
    const container = { name: "a", image: "a:2", ports: [{ name: "web", containerPort: 9090 }] };
    world.create({
      ...deployment({ name: "other" }),
      spec: {
        replicas: 1,
        selector: { matchLabels: { v: "2" } },
        template: { metadata: { labels: { app: "web", v: "2" } }, spec: { containers: [container] } },
      },
    });
    world.run(3000);
    const found = slices(world).map((slice) => [slice.ports?.[0]?.port, slice.endpoints?.length]);
    expect(found.sort()).toEqual([
      [8080, 2],
      [9090, 1],
    ]);
  });

  test("250 pods take three slices of at most 100, and after a rolling update all of them are there once", () => {
    const world = served(250);
    expect(
      slices(world)
        .map((slice) => slice.endpoints?.length)
        .sort(),
    ).toEqual([100, 100, 50].sort());
    const container = { name: "a", image: "a:2", ports: [{ name: "web", containerPort: 8080 }] };
    world.merge("deployments", "web", { spec: { template: { spec: { containers: [container] } } } });
    world.run(120_000);
    expect(endpoints(world)).toHaveLength(250);
    expect(new Set(endpoints(world).map((endpoint) => endpoint.targetRef.uid))).toEqual(
      new Set(world.pods().map((pod) => pod.metadata.uid)),
    );
    expect(slices(world).every((slice) => (slice.endpoints?.length ?? 0) <= MOST_ENDPOINTS)).toBe(true);
  });
});

describe("packing", () => {
  const endpoint = (number: number): Endpoint => ({
    addresses: [`10.244.${number >> 8}.${number & 255}`],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: "Pod", namespace: "shop", name: `p${number}`, uid: `u${number}` },
  });

  const endpoints = (first: number, count: number) => Array.from({ length: count }, (_, index) => endpoint(first + index));

  test("newcomers go into the fullest slice that holds them all", () => {
    const slots = [
      { slice: "small", endpoints: endpoints(0, 10) },
      { slice: "large", endpoints: endpoints(100, 90) },
      { slice: "full", endpoints: endpoints(200, 99) },
    ];
    const { change, drop, make } = pack(slots, [...slots.flatMap((slot) => slot.endpoints), ...endpoints(300, 5)]);
    expect(change.map(({ slice, endpoints: held }) => [slice, held.length])).toEqual([["large", 95]]);
    expect([...drop, ...make]).toEqual([]);
  });

  test("newcomers go into a slice that changes anyway", () => {
    const slots = [
      { slice: "small", endpoints: endpoints(0, 10) },
      { slice: "large", endpoints: endpoints(100, 90) },
    ];
    const { change } = pack(slots, [...endpoints(0, 9), ...endpoints(100, 90), ...endpoints(300, 5)]);
    expect(change.map(({ slice, endpoints: held }) => [slice, held.length])).toEqual([["small", 14]]);
  });

  test("holds exactly what is desired, never more than 100 in a slice, and leaves complete slices alone", () => {
    const numbers = fc.uniqueArray(fc.nat(400), { maxLength: 320 });
    fc.assert(
      fc.property(numbers, numbers, (before, after) => {
        const chunks = Array.from({ length: Math.ceil(before.length / 100) }, (_, index) =>
          before.slice(index * 100, index * 100 + 100).map(endpoint),
        );
        const slots = chunks.map((endpoints, slice) => ({ slice, endpoints }));
        const { change, drop, make } = pack(slots, after.map(endpoint));
        const changed = new Map(change.map(({ slice, endpoints }) => [slice, endpoints]));
        const result = [
          ...slots.filter(({ slice }) => !drop.includes(slice)).map(({ slice, endpoints }) => changed.get(slice) ?? endpoints),
          ...make,
        ];
        const held = result.flat().map(({ targetRef }) => targetRef.name);
        expect(held.toSorted()).toEqual(after.map((number) => `p${number}`).sort());
        expect(result.every((endpoints) => endpoints.length > 0 && endpoints.length <= MOST_ENDPOINTS)).toBe(true);
      }),
    );
  });
});
