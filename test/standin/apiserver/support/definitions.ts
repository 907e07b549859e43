/** CustomResourceDefinitions for tests: those that the stand-in ships, and Serin's own. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { KubeObject, Resource } from "../../../../src/domain/kube.ts";
import type { KubeStore } from "../../../../src/sim/kube/store.ts";

export const DEFINITIONS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
};

export function standInDefinition(name: "httproute" | "grpcroute"): KubeObject {
  return definitionAt(`src/standin/crds/${name}.yaml`);
}

export function serinDefinition(): KubeObject {
  return definitionAt("crds/serin.dev_canaryrollouts.yaml");
}

function definitionAt(path: string): KubeObject {
  return parse(readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8")) as KubeObject;
}

export function installDefinition(store: KubeStore, definition: KubeObject): void {
  store.create(DEFINITIONS, "", definition);
}
