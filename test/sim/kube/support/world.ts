/** A store with two namespaces on a clock that stands still until it is moved, and the objects that tests put into it. */
import type { KubeObject, Resource } from "../../../../src/domain/kube.ts";
import { createStore, type KubeStore, type StoreOptions } from "../../../../src/sim/kube/store.ts";

export const START = Date.parse("2026-11-25T09:00:00Z");

export interface World {
  readonly store: KubeStore;
  advance(ms: number): void;
}

export function createWorld(options: Partial<StoreOptions> = {}): World {
  let now = START;
  return {
    store: createStore({ now: () => now, seed: 7, namespaces: ["default", "shop"], ...options }),
    advance(ms) {
      now += ms;
    },
  };
}

export const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" };
export const DEFINITIONS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
};

export function configMap(
  name: string,
  more: Partial<KubeObject["metadata"]> = {},
  data: Readonly<Record<string, string>> = {},
): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data };
}

export function deployment(name: string, spec: object = {}): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { nodeName: "n1", containers: [{ name: "a", image: "a:1" }] } },
      ...spec,
    },
  };
}

export function pod(name: string, more: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [{ name: "a", image: "a:1" }], ...more } };
}

export function service(name: string, spec: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec } };
}

/** A definition of `Thing` (things.test.dev) with this schema of its spec. */
export function thingDefinition(spec: object, more: { readonly status?: object; readonly root?: object } = {}): KubeObject {
  const schema = { type: "object", ...more.root, properties: { spec, status: more.status ?? { type: "object" } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.test.dev" },
    spec: {
      group: "test.dev",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } }],
    },
  };
}

export const THINGS: Resource = { group: "test.dev", version: "v1", plural: "things", kind: "Thing" };

export function thing(name: string, spec: object, more: object = {}): KubeObject {
  return { apiVersion: "test.dev/v1", kind: "Thing", metadata: { name }, spec, ...more };
}
