/**
 * After the hand-over patch: the point of no return is passed, and 100/0 would mean an empty set. Nothing writes it, but
 * where the adoption shrank the tried set while the old one is still full. The way back is a release of the old template.
 *
 *   others have pods          what Kubernetes made of a newer template goes
 *   old set still has pods    Kubernetes takes them away; where it can't (a newer template came, tried pods fell), Serin does
 *   old set at 0              when the apex leads to the adopted pods: route away, pin off, Services away, mark off, then the last words
 */

import { SIZED_AT } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import type { Deployment, ReplicaSet } from "../../domain/kube.ts";
import { RESOURCES } from "../../domain/kube.ts";
import { putBackPatch, withVersion } from "../../workload/patches.ts";
import { hashOf } from "../../workload/selector.ts";
import { activeSets, availableCount, controlledSets, isAdopted } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { imagesOf, sameTemplate } from "../../workload/template.ts";
import { apexAnswers, dismantle } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import { ensureApexPin } from "../ensure.ts";
import type { Scene } from "../scene.ts";
import { sizedSince } from "../sized.ts";
import type { Action } from "../types.ts";
import { deleteAction, freezeAtRest, lowerTo, markRelease, raiseTo, resize, tell } from "../writes.ts";
import { close } from "./cut.ts";
import { HANDING_OVER } from "./promote.ts";

const RECHECK_MS = 5_000;

export function finish(scene: Scene, adopted: ReplicaSet): Draft {
  const { deployment } = scene.o;
  if (deployment === undefined || !isAdopted(deployment, adopted)) {
    return waiting(scene, "Kubernetes adopts the tried pods", {});
  }
  const others = activeSets(controlledSets(deployment, scene.o.sets)).filter(({ metadata }) => metadata.uid !== adopted.metadata.uid);
  if (others.length > 0) {
    return settleSizes(scene, deployment, adopted, others);
  }
  if (scene.o.route !== undefined && !apexAnswers(scene, adopted)) {
    return waiting(scene, "waiting for the Service's endpoints to be the adopted pods", { raise: pinToNew(scene) });
  }
  const rest = takeApart(scene, adopted);
  return rest.length > 0 ? waiting(scene, "taking the route, the pin and the Services away", { raise: rest }) : promoted(scene, adopted);
}

function settleSizes(scene: Scene, deployment: Deployment, adopted: ReplicaSet, others: readonly ReplicaSet[]): Draft {
  const { replicas, o, actual, stableHash } = scene;
  const old = others.filter((set) => hashOf(set) === stableHash);
  const strangers = others.filter((set) => !old.includes(set)).map((set) => takeAway(scene, deployment, set));
  const short = replicasOf(adopted) < replicas;
  const oldIsFull = old.some((set) => availableCount(set) >= replicas);
  if (short && oldIsFull) {
    return waiting(scene, "the adoption shrank the tried set: stable carries the traffic until it is whole", {
      lower: lowerTo(scene, 0, "the adoption shrank the tried set, the old one is full"),
      raise: [...strangers, ...growBack(scene, deployment, adopted)],
    });
  }
  const answers = availableCount(adopted) >= (short ? 1 : replicas);
  if (replicas > 0 && answers && actual < 100 && o.route !== undefined) {
    return waiting(scene, "all traffic to the adopted pods again", {
      raise: [...strangers, ...raiseTo(scene, 100, "the adopted set answers again")],
    });
  }
  const stuck = short || availableCount(adopted) < replicas || !sameTemplate(adopted.spec.template, deployment.spec.template);
  const empty =
    stuck && (actual === 100 || o.route === undefined) ? old.map((set) => resize(scene, set, 0, "the tried pods have taken over")) : [];
  return waiting(scene, "the old pods go", { raise: [...pinToNew(scene), ...strangers, ...empty] });
}

/** Made while the Deployment was resumed: of the newest template, which is the next release, or of an old one. */
function takeAway(scene: Scene, deployment: Deployment, set: ReplicaSet): Action {
  return sameTemplate(set.spec.template, deployment.spec.template)
    ? deleteAction(RESOURCES.replicaSets, set, "Kubernetes made it of the untried template")
    : resize(scene, set, 0, "an older version");
}

/** Kubernetes takes a surplus from the largest set: a size lowered at the worst moment cuts the tried one. Not fought faster than this. */
function growBack(scene: Scene, deployment: Deployment, adopted: ReplicaSet): readonly Action[] {
  const { now } = scene;
  const last = sizedSince(scene, adopted) ?? 0;
  if (now < last + RECHECK_MS) {
    return [];
  }
  const { name } = adopted.metadata;
  const patch = withVersion(putBackPatch(deployment, now), adopted);
  return [{ type: "mergePatch", resource: RESOURCES.replicaSets, name, patch, why: "the adoption shrank the tried set" }];
}

function unmark({ metadata }: ReplicaSet): readonly Action[] {
  const patch = { metadata: { annotations: { [SIZED_AT]: null } } };
  const why = "the adopted set is the user's";
  return metadata.annotations?.[SIZED_AT] === undefined
    ? []
    : [{ type: "mergePatch", resource: RESOURCES.replicaSets, name: metadata.name, patch, why }];
}

/** A GitOps tool may have put the apex' selector back to stable's pods, which are about to go. */
function pinToNew(scene: Scene): readonly Action[] {
  const revision = scene.canary?.revision;
  return revision === undefined || scene.o.services.stable === undefined ? [] : ensureApexPin(scene, revision);
}

function takeApart(scene: Scene, adopted: ReplicaSet): readonly Action[] {
  const trials = scene.oldTrials.map((set) => deleteAction(RESOURCES.replicaSets, set, "superseded"));
  return [
    ...dismantle(scene),
    ...trials,
    ...unmark(adopted),
    ...markRelease(scene, null, "the release is over"),
    ...freezeAtRest(scene, adopted),
  ];
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
