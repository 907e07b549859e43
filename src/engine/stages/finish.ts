/**
 * After the hand-over patch: the point of no return is passed, and 100/0 would mean an empty set. Nothing writes it, but
 * where the adoption shrank the tried set while the old one is still full. The way back is a release of the old template.
 *
 *   old set still has pods   wait for Kubernetes to scale it away
 *   old set at 0             route away, pin off, Services away, mark off, then the last words
 */

import { REASON } from "../../api/reasons.ts";
import type { ReplicaSet } from "../../domain/kube.ts";
import { RESOURCES } from "../../domain/kube.ts";
import { putBackPatch, withVersion } from "../../workload/patches.ts";
import { hashOf } from "../../workload/selector.ts";
import { availableCount, controlledSets, isAdopted } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { imagesOf } from "../../workload/template.ts";
import { dismantle } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import { ensureApexPin } from "../ensure.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { deleteAction, lowerTo, markRelease, raiseTo, tell } from "../writes.ts";
import { close } from "./cut.ts";
import { HANDING_OVER } from "./promote.ts";

const RECHECK_MS = 5_000;

export function finish(scene: Scene, adopted: ReplicaSet): Draft {
  const old = oldSets(scene, adopted);
  const emptied = old.every((set) => replicasOf(set) === 0);
  const adoptedByKubernetes = scene.o.deployment !== undefined && isAdopted(scene.o.deployment, adopted);
  if (!emptied || !adoptedByKubernetes) {
    return settleSizes(scene, adopted);
  }
  const rest = takeApart(scene);
  return rest.length > 0 ? waiting(scene, "taking the route, the pin and the Services away", { raise: rest }) : promoted(scene, adopted);
}

function oldSets({ o, stableHash }: Scene, adopted: ReplicaSet): ReplicaSet[] {
  const sets = o.deployment ? controlledSets(o.deployment, o.sets) : [];
  return sets.filter((set) => hashOf(set) === stableHash && set.metadata.uid !== adopted.metadata.uid);
}

/** Kubernetes takes a surplus from the largest set: a size lowered at the worst moment cuts the tried one. */
function settleSizes(scene: Scene, adopted: ReplicaSet): Draft {
  const { replicas, o, actual } = scene;
  const short = replicasOf(adopted) < replicas;
  if (replicas > 0 && !short && availableCount(adopted) >= replicas && actual < 100 && o.route !== undefined) {
    return waiting(scene, "all traffic to the adopted pods again", { raise: raiseTo(scene, 100, "the adopted set is whole again") });
  }
  if (!short || o.deployment === undefined) {
    return waiting(scene, "Kubernetes takes the old pods away", { raise: [...pinToNew(scene)] });
  }
  const grow: Action = {
    type: "mergePatch",
    resource: RESOURCES.replicaSets,
    name: adopted.metadata.name,
    patch: withVersion(putBackPatch(o.deployment), adopted),
    why: "the adoption shrank the tried set",
  };
  return waiting(scene, "the adoption shrank the tried set: stable carries the traffic until it is whole", {
    lower: lowerTo(scene, 0, "the adoption shrank the tried set, the old one is full"),
    raise: [grow],
  });
}

/** A GitOps tool may have put the apex' selector back to stable's pods, which are about to go. */
function pinToNew(scene: Scene): readonly Action[] {
  const revision = scene.canary?.revision;
  return revision === undefined || scene.o.services.stable === undefined ? [] : ensureApexPin(scene, revision);
}

function takeApart(scene: Scene): readonly Action[] {
  const trials = scene.oldTrials.map((set) => deleteAction(RESOURCES.replicaSets, set, "superseded"));
  return [...dismantle(scene), ...trials, ...markRelease(scene, null, "the release is over")];
}

function waiting(scene: Scene, text: string, actions: Pick<Draft, "lower" | "raise">): Draft {
  return {
    phase: "Promoting",
    reason: REASON.Promoting,
    message: `${scene.canary?.revision} is handed over: ${text}`,
    stableText: HANDING_OVER,
    memory: { ...scene.status, waitingFor: "" },
    ...actions,
    wakes: [scene.now + RECHECK_MS],
    why: [text],
  };
}

function promoted(scene: Scene, adopted: ReplicaSet): Draft {
  const { status, canary, replicas, o } = scene;
  const images = imagesOf(adopted.spec.template);
  const outcome = replicas === 0 && status.traffic?.weight === "0%" ? "NoPods" : "Promoted";
  const text = `${images.join(", ")} (${canary?.revision}) is stable`;
  const { step: _step, traffic: _traffic, analysis: _analysis, reverts: _reverts, ...kept } = status;
  const closed = close(scene, outcome, { reason: REASON.Promoted, why: text }, failedRequests(status));
  return {
    phase: "Ready",
    reason: REASON.Promoted,
    message: text,
    stableText: "the template that runs is the Deployment's",
    memory: {
      ...kept,
      ...(closed.history ? { history: closed.history } : {}),
      canary: undefined,
      stable: { revision: canary?.revision, podTemplateHash: canary?.revision, images, readyReplicas: adopted.status?.readyReplicas ?? 0 },
      managed: { deployment: o.deployment?.metadata.name },
      waitingFor: "",
    },
    events: [tell(scene, REASON.Promoted, text, { onTarget: true })],
    why: [text],
  };
}

function failedRequests(status: Scene["status"]): number | undefined {
  const totals = status.analysis?.state?.["totals"] as { canary?: { failures?: number } } | undefined;
  return totals?.canary?.failures;
}
