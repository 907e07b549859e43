/** A resumed Deployment rolls the untried template: paused again at once, and what Kubernetes made of it is taken away. */
import { ORIGINAL, RESUME, ROLLOUT } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import { type Deployment, RESOURCES } from "../../domain/kube.ts";
import { adoptPatch, frozePatch, refreezePatch } from "../../workload/patches.ts";
import { activeSets, controlledSets, isComplete } from "../../workload/sets.ts";
import { sameTemplate } from "../../workload/template.ts";
import { asSaid } from "../conditions.ts";
import type { Draft } from "../draft.ts";
import { mayReassert, noteRevert } from "../reverts.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { deleteAction, POLICY_IS_GONE, resize, runsAsAsked, tell } from "../writes.ts";
import { isAdoptedByUs } from "./adopt.ts";

/** Also where a tool replaced the whole object and took the adoption mark with it: the set that runs still is stable's. */
export function resumed(scene: Scene): Draft | undefined {
  const { o, names, status, stable } = scene;
  const { deployment } = o;
  const marked = isAdoptedByUs(scene);
  const ours = marked || (status.stable !== undefined && stable !== undefined);
  const rests = scene.freeze === "OnChange" && hasNothingToRoll(scene);
  const isRight = marked && (deployment?.spec.paused === true || rests);
  if (deployment === undefined || !ours || isRight || isResumedByUs(scene)) {
    return undefined;
  }
  const why = reasonToFreeze(scene, deployment, rests);
  const again = why !== RESUMED;
  if (!again && !mayReassert(scene, "paused")) {
    return undefined;
  }
  const patch = patchOf(scene, rests)(deployment, names.rollout);
  const freeze: Action = { type: "mergePatch", resource: RESOURCES.deployments, name: deployment.metadata.name, patch, why };
  return {
    ...said(scene),
    message: why,
    memory: again ? status : noteRevert(scene, status, "paused"),
    lower: [freeze],
    events: again ? [] : [tell(scene, REASON.Refrozen, why, { warning: true, onTarget: true, step: `paused-${scene.now}` })],
    why: [why],
  };
}

/** Also where the running set is lost: of its own template Kubernetes makes it anew by itself. */
function hasNothingToRoll({ o, adopted, stable, status, revision }: Scene): boolean {
  const running = adopted ?? stable;
  return running === undefined ? status.stable?.revision === revision : o.deployment !== undefined && runsAsAsked(o.deployment, running);
}

const RESUMED = "somebody resumed the Deployment: frozen again";

function reasonToFreeze({ freeze, pending }: Scene, { metadata, spec }: Deployment, rests: boolean): string {
  const marks = metadata.annotations ?? {};
  if (rests || spec.paused === true) return "the adoption mark was lost: written again";
  if (marks[RESUME] !== undefined) return "the stable set is made anew: frozen again";
  const wasOnChange = freeze === "Always" && !pending && marks[ORIGINAL] === undefined && marks[ROLLOUT] !== undefined;
  return wasOnChange ? POLICY_IS_GONE : RESUMED;
}

function patchOf({ freeze }: Scene, rests: boolean) {
  if (freeze === "Always") return refreezePatch;
  return rests ? adoptPatch : frozePatch;
}

/** What it said before, but not that all is released where it is not. */
function said(scene: Scene): Pick<Draft, "phase" | "reason" | "stableText" | "stalled"> {
  const before = asSaid(scene.status);
  return scene.pending && before.phase === "Ready" ? { phase: "Pending", reason: REASON.Progressing } : before;
}

/** Until Kubernetes has made the stable set anew and has taken away what it started in its place. */
export function isResumedByUs({ o, stable, pending }: Scene): boolean {
  const { deployment, sets } = o;
  const ours = deployment?.metadata.annotations?.[RESUME] !== undefined && deployment.spec.paused !== true;
  return ours && !pending && (stable === undefined || !isComplete(deployment, sets));
}

/**
 * Beside stable nothing that the Deployment controls has pods. What Kubernetes made of the untried template while it was
 * resumed goes: it would be taken for the new set. An older version, which Kubernetes started where stable's set was lost,
 * is emptied as soon as stable answers.
 */
export function kubernetesOwnSets(scene: Scene): readonly Action[] {
  const { o, pending, stable } = scene;
  if (o.deployment === undefined || !pending || stable === undefined || scene.adopted !== undefined) {
    return [];
  }
  const template = o.deployment.spec.template;
  const others = activeSets(controlledSets(o.deployment, o.sets)).filter((set) => set !== stable);
  const answers = (stable.status?.readyReplicas ?? 0) > 0;
  return others.flatMap((set) => {
    if (sameTemplate(set.spec.template, template)) {
      return [deleteAction(RESOURCES.replicaSets, set, "Kubernetes made it of the untried template")];
    }
    return answers ? [resize(scene, set, 0, "Kubernetes started an older version in the place of stable")] : [];
  });
}
