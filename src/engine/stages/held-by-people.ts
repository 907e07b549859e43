/** What people and tools can do to a release from outside: hands off, an invalid spec, a resumed Deployment, a lost stable set. */

import { HANDS_OFF } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import { RESOURCES, type ReplicaSet } from "../../domain/kube.ts";
import { restoredStableSet } from "../../workload/build.ts";
import { refreezePatch } from "../../workload/patches.ts";
import { hashOf } from "../../workload/selector.ts";
import { controlledSets } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { sameTemplate } from "../../workload/template.ts";
import type { Draft } from "../draft.ts";
import { mayReassert, noteRevert } from "../reverts.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { deleteAction, lowerTo, tell } from "../writes.ts";
import { isAdoptedByUs } from "./adopt.ts";
import { stalled } from "./stalled.ts";

/** After an eject nothing is written to the target until a person takes the mark away; then it is adopted anew. */
export function handsOff(scene: Scene): Draft | undefined {
  if (!scene.handsOff) {
    return undefined;
  }
  const { status, o } = scene;
  return {
    phase: "Paused",
    reason: REASON.HandsOff,
    message: `Deployment ${o.deployment?.metadata.name} carries ${HANDS_OFF}: Serin writes nothing to it; remove the annotation to adopt it anew`,
    memory: { history: status.history, intents: status.intents, managed: {} },
    events: [
      tell(scene, REASON.HandsOff, "Serin writes nothing until the hands-off mark is removed", {
        warning: true,
        onTarget: true,
        step: "eject",
      }),
    ],
  };
}

/** Weight 0 until the spec is valid again; then the release goes on from its first step. */
export function invalidSpec(scene: Scene): Draft | undefined {
  const { o, status } = scene;
  if (o.spec.ok) {
    return undefined;
  }
  const text = o.spec.errors.map(({ path, message, fix }) => `${path}: ${message}; ${fix}`).join(" | ");
  const at = new Date(scene.now).toISOString();
  const again = status.step && scene.open ? { step: { index: 0, weight: "0%", state: "Sizing" as const, startedAt: at } } : {};
  const lowered = scene.open ? { traffic: { weight: "0%" }, ...again } : {};
  const memory = status.phase === "Stalled" ? status : { ...status, ...lowered };
  return stalled(scene, { reason: REASON.InvalidSpec, message: text }, { memory, lower: lowerTo(scene, 0, "the spec is invalid") });
}

export function targetTaken(scene: Scene): Draft | undefined {
  const { olderRival } = scene.o;
  return olderRival === undefined
    ? undefined
    : stalled(scene, {
        reason: REASON.TargetTaken,
        message: `CanaryRollout ${olderRival} is older and acts on the same target: delete one of the two`,
      });
}

/** A resumed Deployment rolls the untried template: paused again at once, and what Kubernetes made of it is taken away. */
export function resumed(scene: Scene): Draft | undefined {
  const { o, names, status } = scene;
  const { deployment } = o;
  if (deployment === undefined || deployment.spec.paused === true || !isAdoptedByUs(scene)) {
    return undefined;
  }
  if (!mayReassert(scene, "paused")) {
    return undefined;
  }
  const why = "somebody resumed the Deployment: frozen again";
  const patch = refreezePatch(deployment, names.rollout);
  const freeze: Action = { type: "mergePatch", resource: RESOURCES.deployments, name: deployment.metadata.name, patch, why };
  return {
    phase: status.phase ?? "Initializing",
    reason: REASON.Refrozen,
    message: why,
    memory: noteRevert(scene, status, "paused"),
    lower: [freeze],
    events: [tell(scene, REASON.Refrozen, why, { warning: true, onTarget: true, step: `paused-${scene.now}` })],
    why: [why],
  };
}

/** Sets that Kubernetes made of the untried template while the Deployment was resumed; the old one then returns to its size. */
export function kubernetesOwnSets(scene: Scene): readonly Action[] {
  const { o, pending, stable, open } = scene;
  if (o.deployment === undefined || !pending || stable === undefined || scene.adopted !== undefined || !open) {
    return [];
  }
  const template = o.deployment.spec.template;
  return controlledSets(o.deployment, o.sets)
    .filter((set) => set !== stable && sameTemplate(set.spec.template, template) && replicasOf(set) > 0)
    .map((set) => deleteAction(RESOURCES.replicaSets, set, "Kubernetes made it of the untried template"));
}

/** A paused Deployment never makes its old set again: it is put back from the copy that the trial carries. */
export function stableLost(scene: Scene): Draft | undefined {
  const { o, stable, status, trial, oldTrials } = scene;
  if (o.deployment === undefined || stable !== undefined || !isAdoptedByUs(scene) || status.stable === undefined) {
    return undefined;
  }
  const [source] = [trial, ...oldTrials].filter((set): set is ReplicaSet => set !== undefined);
  const copy = source && restoredStableSet(source, o.deployment);
  if (copy === undefined) {
    return stalled(scene, {
      reason: REASON.StableLost,
      message: `the ReplicaSet ${status.stable.podTemplateHash} that Deployment ${o.deployment.metadata.name} ran is gone, and no trial carries a copy: take the template in Git back to the running version and resume the Deployment`,
    });
  }
  const why = `the stable ReplicaSet ${hashOf(copy)} was deleted: put back from the copy on the trial`;
  return {
    phase: status.phase ?? "Progressing",
    reason: REASON.StablePutBack,
    message: why,
    memory: status,
    lower: [{ type: "create", resource: RESOURCES.replicaSets, object: copy, why }],
    why: [why],
  };
}
