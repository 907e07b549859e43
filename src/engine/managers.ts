/** Who wrote a field last, from managedFields. */
import type { KubeObject, ManagedFields } from "../domain/kube.ts";
import type { Scene } from "./scene.ts";

/** What somebody else can put back. */
export type Reverted = "weights" | "selector" | "paused";

export const OUR_MANAGER = "serin";

const PATHS: Record<Reverted, readonly string[]> = {
  weights: ["f:spec", "f:rules"],
  selector: ["f:spec", "f:selector"],
  paused: ["f:spec", "f:paused"],
};

/** The newest manager but Serin that owns what was put back. */
export function otherManager(scene: Scene, what: Reverted): string | undefined {
  const { o } = scene;
  const object = { weights: o.route, selector: o.services.apex, paused: o.deployment }[what];
  return newestManager(object, PATHS[what])?.manager;
}

function newestManager(object: KubeObject | undefined, path: readonly string[]): ManagedFields | undefined {
  const others = (object?.metadata.managedFields ?? []).filter((entry) => entry.manager !== OUR_MANAGER && owns(entry.fieldsV1, path));
  return others.sort((a, b) => (a.time ?? "").localeCompare(b.time ?? "")).at(-1);
}

function owns(fields: unknown, path: readonly string[]): boolean {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], fields) !== undefined;
}
