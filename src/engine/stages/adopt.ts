/**
 * Adoption: the finalizer, then the freeze with its marks in one patch. Only of a Deployment that is complete, with one
 * active set, the template's own; or of one that stands paused on one whole set (after an eject), whose template is then
 * the next release.
 */

import { RELEASE, RESTORE, ROLLOUT } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import { type Deployment, RESOURCES } from "../../domain/kube.ts";
import { targetFinding } from "../../workload/findings.ts";
import { adoptionMark, adoptPatch, freezePatch, withVersion } from "../../workload/patches.ts";
import { hashOf } from "../../workload/selector.ts";
import { activeSets, controlledSets, isComplete } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { imagesOf } from "../../workload/template.ts";
import type { Draft } from "../draft.ts";
import { freezePolicyIsMissing, routeKindIsMissing, serviceIsMissing } from "../preflight.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { stalled } from "./stalled.ts";

/** The mark is compared with the uid: a copied Deployment carries it too. */
export function isAdoptedByUs(scene: Scene): boolean {
  const { o, names } = scene;
  return o.deployment?.metadata.annotations?.[ROLLOUT] === (o.deployment && adoptionMark(o.deployment, names.rollout));
}

/** Or was: a tool that writes the whole object takes our mark off, but the API server holds what is in a release paused, with a mark of its uid. */
export function isKnownToUs(scene: Scene): boolean {
  const { deployment } = scene.o;
  return isAdoptedByUs(scene) || deployment?.metadata.annotations?.[RELEASE]?.startsWith(`${deployment.metadata.uid}/`) === true;
}

export function adopt(scene: Scene, deployment: Deployment): Draft {
  const { names } = scene;
  const finding = targetFinding(deployment) ?? serviceIsMissing(scene) ?? routeKindIsMissing(scene) ?? freezePolicyIsMissing(scene);
  if (finding !== undefined) {
    return stalled(scene, finding);
  }
  if (!mayBeAdopted(scene)) {
    return notYet(scene, deployment);
  }
  const finalizer = ensureFinalizer(scene);
  if (finalizer.length > 0) {
    return { ...initializing(scene, "adopting", REASON.Adopting), quiet: true, raise: finalizer };
  }
  const adoption = scene.freeze === "OnChange" ? adoptPatch : freezePatch;
  const patch = withVersion(adoption(deployment, names.rollout), deployment);
  return {
    ...initializing(scene, `adopting Deployment ${deployment.metadata.name}`, REASON.Adopting),
    quiet: true,
    raise: [
      {
        type: "mergePatch",
        resource: RESOURCES.deployments,
        name: deployment.metadata.name,
        patch,
        why: "freeze: a template change becomes a release",
      },
    ],
  };
}

/** Without it a deletion would undo nothing; somebody may have taken it off. */
export function ensureFinalizer({ o, names }: Scene): readonly Action[] {
  const finalizers = o.rollout.metadata.finalizers ?? [];
  if (finalizers.includes(RESTORE)) {
    return [];
  }
  const patch = { metadata: { finalizers: [...finalizers, RESTORE], resourceVersion: o.rollout.metadata.resourceVersion } };
  return [{ type: "mergePatch", resource: RESOURCES.canaryRollouts, name: names.rollout, patch, why: "to undo everything when it goes" }];
}

/** Kubernetes rolls it still, or has given up waiting for its pods: then a person must act. */
function notYet(scene: Scene, { metadata, status }: Deployment): Draft {
  const failed = status?.conditions?.some(({ type, status: holds }) => type === "Progressing" && holds === "False");
  if (failed !== true) {
    return initializing(scene, `waiting for Deployment ${metadata.name} to finish its own rollout`, REASON.WaitingForDeployment);
  }
  const message = `Deployment ${metadata.name} does not finish its own rollout: repair it; it is adopted when all its pods are available`;
  return stalled(scene, { reason: REASON.DeploymentFailing, message });
}

function mayBeAdopted({ o, stable }: Scene): boolean {
  const { deployment } = o;
  if (deployment === undefined || stable === undefined) {
    return false;
  }
  if (isComplete(deployment, o.sets)) {
    return true;
  }
  const whole = (stable.status?.availableReplicas ?? 0) === replicasOf(deployment);
  return (
    deployment.spec.paused === true &&
    activeSets(controlledSets(deployment, o.sets)).length === Math.min(1, replicasOf(deployment)) &&
    whole
  );
}

export function stableOf({ stable, status, revision }: Scene): Scene["status"]["stable"] {
  if (stable === undefined) {
    return status.stable;
  }
  const hash = hashOf(stable);
  const readyReplicas = stable.status?.readyReplicas ?? 0;
  return { revision, podTemplateHash: hash, images: imagesOf(stable.spec.template), readyReplicas };
}

function initializing(scene: Scene, message: string, reason: string): Draft {
  return { phase: "Initializing", reason, message, memory: scene.status, why: [message] };
}
