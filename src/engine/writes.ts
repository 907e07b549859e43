/** The writes of a release as Actions, each guarded by what was observed. */
import { RELEASE } from "../api/marks.ts";
import type { Reason } from "../api/reasons.ts";
import { type Deployment, type KubeObject, RESOURCES, type ReplicaSet, type Service } from "../domain/kube.ts";
import { weightsOf } from "../traffic/index.ts";
import {
  isFrozenForUs,
  isHalfFrozen,
  isHalfThawed,
  pinPatch,
  refreezePatch,
  releaseMarkPatch,
  resizePatch,
  thawPatch,
  withVersion,
} from "../workload/patches.ts";
import { pinOf } from "../workload/selector.ts";
import { sameTemplate } from "../workload/template.ts";
import type { Scene } from "./scene.ts";
import type { Action, LowerWeight, PlanEvent } from "./types.ts";

/** `<revision>/<attempt>`: what a cut is final for. */
export function cutMarkOf(scene: Scene): string | undefined {
  return scene.canary && `${scene.canary.revision}/${scene.canary.attempt}`;
}

/** Nothing to do where the canary has no more than that already, nor will have (and a final cut is marked). */
export function lowerTo(scene: Scene, percent: number, why: string, final?: string): readonly Action[] {
  const { o, kind, names, actual } = scene;
  const cut = final ?? withdrawalOf(scene, percent);
  const marked = cut === undefined || scene.cutMark === cut;
  if (o.route === undefined || (actual <= percent && marked)) {
    return [];
  }
  const backends = { stable: names.stable, canary: names.canary };
  const least = Math.min(percent, actual);
  const lower: LowerWeight = {
    type: "lowerWeight",
    kind: kind.kind,
    route: names.route,
    backends,
    operations: kind.read(o.route, backends).ok ? kind.write(o.route, backends, weightsOf(least), { cut }) : [],
    percent: least,
    cut,
    otherwise: otherMeans(scene),
    why,
  };
  return [lower];
}

/**
 * A raise was committed and is not in the route: another process may have it under way. Any change of the route makes it void,
 * and this mark is one; the next raise takes it off.
 */
function withdrawalOf(scene: Scene, percent: number): string | undefined {
  const underWay = scene.actual <= percent && scene.allowed > percent;
  return underWay ? `${cutMarkOf(scene)} withdrawn ${new Date(scene.now).toISOString()}` : undefined;
}

/** Where routes may not be written: the canary's Service to stable's pods, then the route away, the trial's size last. */
function otherMeans(scene: Scene): readonly Action[] {
  const { o, names, stableHash, trial } = scene;
  if (stableHash !== undefined && pinOf(o.services.canary) === stableHash) {
    return [];
  }
  const apexPinned = stableHash !== undefined && pinOf(o.services.apex) === stableHash;
  return [
    ...(o.services.canary && stableHash !== undefined ? pin(o.services.canary, stableHash, "lower by the canary Service") : []),
    ...(o.route && apexPinned ? [deleteAction(scene.kind.resource, o.route, "lower by taking the route away")] : []),
    ...(trial ? [resize(scene, trial, 0, `lower ${names.canary} by its size`)] : []),
  ];
}

export function raiseTo(scene: Scene, percent: number, why: string): readonly Action[] {
  const { o, kind, names } = scene;
  if (o.route === undefined) {
    return [];
  }
  const operations = kind.write(o.route, names, weightsOf(percent), {
    resourceVersion: o.route.metadata.resourceVersion ?? "",
    cut: null,
  });
  return operations.length === 0 ? [] : [{ type: "jsonPatch", resource: kind.resource, name: names.route, operations, why }];
}

/** Moves or takes off (null) the pin of a Service; nothing where it stands as wanted. */
export function pin(service: Service, hash: string | null, why: string): readonly Action[] {
  if ((pinOf(service) ?? null) === hash) {
    return [];
  }
  const name = service.metadata.name;
  if (hash === null) {
    return [{ type: "jsonPatch", resource: RESOURCES.services, name, operations: pinPatch(service, null), why }];
  }
  return [{ type: "mergePatch", resource: RESOURCES.services, name, patch: withVersion(pinPatch(service, hash), service), why }];
}

export function resize(scene: Scene, set: ReplicaSet, size: number, why: string): Action {
  const patch = withVersion(resizePatch(size, scene.now), set);
  return { type: "mergePatch", resource: RESOURCES.replicaSets, name: set.metadata.name, patch, why };
}

/** The mark on the Deployment that a release of this revision runs or stands rejected; null: none does. */
export function markRelease(scene: Scene, revision: string | null, why: string): readonly Action[] {
  const deployment = scene.o.deployment;
  const uid = deployment?.metadata.uid ?? "";
  const mark = deployment?.metadata.annotations?.[RELEASE];
  if (deployment === undefined || (mark ?? null) === (revision === null ? null : `${uid}/${revision}`)) {
    return [];
  }
  return [
    {
      type: "mergePatch",
      resource: RESOURCES.deployments,
      name: deployment.metadata.name,
      patch: releaseMarkPatch(uid, revision),
      why,
    },
  ];
}

/**
 * The freeze between releases: none where the API server freezes on change, a whole one elsewhere. Not while the mark of a release is on
 * the Deployment, by which a policy holds it paused.
 */
export function freezeAtRest(scene: Scene, running: ReplicaSet | undefined): readonly Action[] {
  const { deployment } = scene.o;
  if (deployment === undefined || deployment.metadata.annotations?.[RELEASE] !== undefined) {
    return [];
  }
  const write = (patch: Readonly<Record<string, unknown>>, why: string): readonly Action[] => [
    { type: "mergePatch", resource: RESOURCES.deployments, name: deployment.metadata.name, patch: withVersion(patch, deployment), why },
  ];
  if (scene.freeze === "Always") {
    return isHalfFrozen(deployment) ? write(refreezePatch(deployment, scene.names.rollout), POLICY_IS_GONE) : [];
  }
  const mayThaw = (isFrozenForUs(deployment) || isHalfThawed(deployment)) && runsAsAsked(deployment, running);
  return mayThaw ? write(thawPatch(deployment), "nothing is left to roll: not paused any more") : [];
}

export const POLICY_IS_GONE = "the policy that freezes on change is not in force: frozen until it is";

export function runsAsAsked(deployment: Deployment, running: ReplicaSet | undefined): boolean {
  return running !== undefined && sameTemplate(running.spec.template, deployment.spec.template);
}

export function deleteAction(
  resource: { group: string; version: string; plural: string; kind: string },
  object: KubeObject,
  why: string,
): Action {
  const { name, uid } = object.metadata;
  return { type: "delete", resource, name, options: uid === undefined ? {} : { uid }, why };
}

export function tell(
  scene: Scene,
  reason: Reason,
  note: string,
  more: { warning?: boolean; onTarget?: boolean; step?: number | string } = {},
): PlanEvent {
  const id = [scene.canary?.revision ?? scene.revision ?? "", scene.canary?.attempt ?? 0, more.step ?? ""].join("/");
  return { type: more.warning ? "Warning" : "Normal", reason, note, onTarget: more.onTarget ?? false, id };
}
