/**
 * A whole release as a person made it on a real cluster (release.json): adopted, Git's change, then Serin's writes in order. Replayed against the
 * store and the controllers; each answer is the recorded one, the tried pods stay, and the apex Service never has fewer than ten ready endpoints.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { EndpointSlice, KubeObject, Resource } from "../../../../src/domain/kube.ts";
import type { Patch } from "../../../../src/sim/kube/store.ts";
import { comparable, type Exchange, recorded } from "./support/recorded.ts";
import { createWorld, deployment, NAMESPACE, type World } from "./support/world.ts";

const exchanges = recorded("release");
const CRDS = ["../../../fixtures/kube-apiserver/manifests/crd.yaml", "../../../../src/standin/crds/httproute.yaml"];
const STABLE = "7d5c849dc5";
const TRIAL = "c7dnkdpxr6";
const HAND_OVER = 32;

interface Address {
  readonly resource: Resource;
  readonly name: string;
  readonly subresource: "status" | undefined;
}

function addressOf(world: World, path: string): Address {
  const [, group = "", version = "", plural = "", name = "", subresource] =
    /^\/apis?(?:\/([^/]+(?=\/v)))?\/(v[^/]+)\/namespaces\/shop\/([^/]+)\/?([^/]*)\/?(.*)$/.exec(path) ?? [];
  const resource = world.store.kinds.find(group, version, plural);
  if (resource === undefined) {
    throw new Error(`no resource at ${path}`);
  }
  return { resource, name, subresource: subresource === "status" ? "status" : undefined };
}

/** A cluster in which the Deployment runs, the Service is served and the CanaryRollout exists. */
function prepared(): World {
  const world = createWorld();
  for (const file of CRDS) {
    world.store.create(
      { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" },
      "",
      parse(readFileSync(new URL(file, import.meta.url), "utf8")),
    );
  }
  const spec = {
    template: { metadata: { labels: { app: "checkout" } }, spec: { nodeName: "n1", containers: [{ name: "a", image: "checkout:1" }] } },
  };
  world.create(deployment({ name: "checkout", replicas: 10, spec }));
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  world.create({ apiVersion: "v1", kind: "Service", metadata: { name: "checkout" }, spec: { selector: { app: "checkout" }, ports } });
  world.create({
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: "checkout" },
    spec: { targetRef: { kind: "Deployment", name: "checkout" } },
  });
  world.run(5000);
  return world;
}

/** Recorded ids to ours: from what both answered. */
function createTranslation(world: World) {
  const known = new Map<string, string>([[STABLE, world.sets()[0]?.spec.selector.matchLabels?.["pod-template-hash"] ?? ""]]);
  return {
    learn(theirs: unknown, ours: KubeObject) {
      const uid = (theirs as Partial<KubeObject>).metadata?.uid;
      if (uid !== undefined) {
        known.set(uid, ours.metadata.uid ?? "");
      }
    },
    tell<T>(value: T): T {
      const text = [...known].reduce((told, [from, to]) => told.replaceAll(from, to), JSON.stringify(value));
      return JSON.parse(text) as T;
    },
  };
}

function send(world: World, { request }: Exchange, body: unknown): KubeObject {
  const { resource, name, subresource } = addressOf(world, request.path);
  switch (request.method) {
    case "POST":
      return world.store.create(resource, NAMESPACE, body as KubeObject);
    case "DELETE":
      return world.store.delete(resource, NAMESPACE, name).object;
    default:
      return world.store.patch(resource, NAMESPACE, name, patchOf(request.contentType, body, world.store.get(resource, NAMESPACE, name)), {
        subresource,
      });
  }
}

/** The recorded version is one of many that status writes made; ours is the present one. */
function patchOf(contentType: string, body: unknown, current: KubeObject): Patch {
  const type = contentType.includes("json-patch") ? "json" : contentType.includes("strategic") ? "strategic" : "merge";
  if (type !== "json") {
    return { type, body };
  }
  const operations = body as { path: string }[];
  return {
    type,
    body: operations.map((operation) =>
      operation.path === "/metadata/resourceVersion" ? { ...operation, value: current.metadata.resourceVersion } : operation,
    ),
  };
}

function sizesPods({ request }: Exchange): boolean {
  return request.path.includes("/replicasets");
}

/** Counts of pods in status are a matter of moments. */
function answer(value: unknown, rename: (text: string) => string): unknown {
  const { status, ...rest } = comparable(value, rename) as Record<string, unknown>;
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = (rest["spec"] ?? {}) as Record<string, unknown>;
  const { conditions } = (status ?? {}) as Record<string, unknown>;
  return { ...rest, spec, conditions };
}

function trialPods(world: World): readonly string[] {
  return world
    .pods()
    .filter((pod) => pod.metadata.labels?.["pod-template-hash"] === TRIAL)
    .map((pod) => pod.metadata.uid ?? "");
}

function readyEndpoints(world: World): number {
  const slices = world.slices("checkout") as readonly EndpointSlice[];
  return slices.flatMap((slice) => slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready).length;
}

test("the release ends with the tried pods, the old set empty, and no moment of too few endpoints", () => {
  const world = prepared();
  const translation = createTranslation(world);
  // Adoption and the first status write are of objects that were there before the recording began.
  translation.learn(exchanges[0]?.response.body, world.deployment("checkout"));
  translation.learn(
    exchanges[2]?.response.body,
    world.store.get(addressOf(world, exchanges[2]?.request.path ?? "").resource, NAMESPACE, "checkout"),
  );
  const endpoints: number[] = [];
  world.store.subscribe(({ resource }) => {
    if (resource.kind === "EndpointSlice") {
      endpoints.push(readyEndpoints(world));
    }
  });
  let tried: readonly string[] = [];
  const stable = translation.tell(STABLE);
  for (const [index, exchange] of exchanges.entries()) {
    if (index === HAND_OVER) {
      tried = trialPods(world);
    }
    const ours = send(world, exchange, translation.tell(exchange.request.body ?? null));
    translation.learn(exchange.response.body, ours);
    if (exchange.request.method !== "DELETE" && !exchange.request.path.includes("/events")) {
      expect(
        answer(ours, (text) => text.replaceAll(stable, STABLE)),
        `exchange ${index}`,
      ).toEqual(answer(translation.tell(exchange.response.body), (text) => text.replaceAll(stable, STABLE)));
    }
    world.run(sizesPods(exchange) ? 1000 : 60);
  }
  world.run(5000);
  expect(tried).toHaveLength(10);
  expect(world.pods().map((pod) => pod.metadata.uid)).toEqual(expect.arrayContaining([...tried]));
  expect(world.pods()).toHaveLength(10);
  expect(world.set(`checkout-${stable}`).spec.replicas).toBe(0);
  expect(world.set(`checkout-${TRIAL}`).metadata.ownerReferences).toMatchObject([
    { kind: "Deployment", controller: true, blockOwnerDeletion: true },
  ]);
  expect(world.set(`checkout-${TRIAL}`).metadata.annotations).toMatchObject({
    "deployment.kubernetes.io/revision": "2",
    "serin.dev/release": expect.any(String),
  });
  expect(Math.min(...endpoints)).toBeGreaterThanOrEqual(10);
  expect(readyEndpoints(world)).toBe(10);
});
