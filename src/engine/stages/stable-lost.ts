/**
 * Somebody deleted the stable set, and a paused Deployment never makes its old set again: an outage that Kubernetes alone
 * would have healed. The trial carries a copy to put back; without one, and where the template is stable's, Kubernetes is
 * let make it.
 */
import { RESUME } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import { type Deployment, RESOURCES, type ReplicaSet } from "../../domain/kube.ts";
import { restoredStableSet } from "../../workload/build.ts";
import { resumePatch } from "../../workload/patches.ts";
import { hashOf } from "../../workload/selector.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { tell } from "../writes.ts";
import { isKnownToUs } from "./adopt.ts";
import { isResumedByUs } from "./resumed.ts";
import { stalled } from "./stalled.ts";

export function stableLost(scene: Scene): Draft | undefined {
  const { o, stable, status, trial, oldTrials, revision } = scene;
  const { deployment } = o;
  if (deployment !== undefined && stable !== undefined && isResumedByUs(scene)) {
    return letKubernetes(scene, deployment);
  }
  if (deployment === undefined || stable !== undefined || !isKnownToUs(scene) || status.stable === undefined) {
    return undefined;
  }
  const [source] = [trial, ...oldTrials].filter((set): set is ReplicaSet => set !== undefined);
  const copy = source && restoredStableSet(source, deployment);
  if (copy !== undefined) {
    return putBack(scene, copy);
  }
  if (status.stable.revision === revision) {
    return letKubernetes(scene, deployment);
  }
  return stalled(scene, {
    reason: REASON.StableLost,
    message: `the ReplicaSet ${status.stable.podTemplateHash} that Deployment ${deployment.metadata.name} ran is gone, and no trial carries a copy: take the template in Git back to the running version`,
  });
}

function putBack(scene: Scene, copy: ReplicaSet): Draft {
  const why = `the stable ReplicaSet ${hashOf(copy)} was deleted: put back from the copy on the trial`;
  const isThere = scene.o.sets.some((set) => set.metadata.name === copy.metadata.name);
  return { ...repairing(scene, why), lower: isThere ? [] : [{ type: "create", resource: RESOURCES.replicaSets, object: copy, why }] };
}

/** Resumed with a mark of ours for as long as it takes: there is nothing to roll but the lost set. */
function letKubernetes(scene: Scene, deployment: Deployment): Draft {
  const why = "the stable ReplicaSet was deleted: Kubernetes makes it anew";
  const isResumed =
    deployment.spec.paused !== true && (scene.freeze === "OnChange" || deployment.metadata.annotations?.[RESUME] !== undefined);
  const resume: Action = {
    type: "mergePatch",
    resource: RESOURCES.deployments,
    name: deployment.metadata.name,
    patch: resumePatch(deployment, `stable-lost-${deployment.metadata.generation}`),
    why,
  };
  return { ...repairing(scene, why), lower: isResumed ? [] : [resume] };
}

function repairing(scene: Scene, why: string): Draft {
  return {
    phase: scene.open ? "Progressing" : "Initializing",
    reason: REASON.StablePutBack,
    message: why,
    stableText: "the stable ReplicaSet is put back",
    memory: scene.status,
    events: [
      tell(scene, REASON.StablePutBack, why, { warning: true, onTarget: true, step: `lost-${scene.status.stable?.podTemplateHash}` }),
    ],
    why: [why],
  };
}
