/**
 * An open release before its hand-over. In order: what ends it; what lowers its weight for now; then either the raise
 * that is due, or the step in force.
 */

import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { trialTemplateChanged } from "../../workload/findings.ts";
import { replicasOf } from "../../workload/size.ts";
import type { Draft } from "../draft.ts";
import { dropOldTrials, ensureRelease } from "../ensure.ts";
import { canaryIsShort, closedGate } from "../gates.ts";
import { firstGuard, troubleOf } from "../guards.ts";
import { findingsOf } from "../health.ts";
import { type Judgement, judgementOf } from "../judgement.ts";
import { noteRevert } from "../reverts.ts";
import { ladderOf, type Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { lowerTo, resize, tell } from "../writes.ts";
import { cut } from "./cut.ts";
import { evidence, held, raise } from "./moves.ts";
import { handOverEmpty } from "./promote.ts";
import { stalled } from "./stalled.ts";
import { stepInForce } from "./step-in-force.ts";

export function progress(scene: Scene, policy: Policy): Draft {
  const judgement = judgementOf(scene, policy);
  const verdict = firstGuard(scene, policy, judgement);
  if (verdict !== undefined) {
    return cut(scene, policy, judgement, verdict);
  }
  if (scene.replicas === 0) {
    return handOverEmpty(scene);
  }
  return (
    trialWasRewritten(scene) ??
    canaryLostPods(scene, policy, judgement) ??
    weightIsTooHigh(scene, policy, judgement) ??
    goOn(scene, policy, judgement)
  );
}

function goOn(scene: Scene, policy: Policy, judgement: Judgement): Draft {
  const index = scene.status.step?.index ?? 0;
  const step = ladderOf(policy)[Math.min(index, policy.steps.length)];
  const draft =
    step !== undefined && scene.allowed === step.weight
      ? stepInForce(scene, policy, judgement, index, step)
      : raiseOrWait(scene, policy, judgement, index);
  return { ...draft, raise: [...repairs(scene), ...(draft.raise ?? []), ...dropOldTrials(scene)] };
}

/** Objects that somebody deleted or changed in the middle of a step. */
function repairs(scene: Scene): readonly Action[] {
  return scene.allowed > 0 ? ensureRelease(scene) : [];
}

/** Admission made other pods of our template: Kubernetes would replace them at the hand-over. */
function trialWasRewritten(scene: Scene): Draft | undefined {
  const { trial, o } = scene;
  const finding = trial && o.deployment && trialTemplateChanged(trial, o.deployment);
  if (trial === undefined || finding === undefined) {
    return undefined;
  }
  const empty = replicasOf(trial) === 0;
  return stalled(scene, finding, {
    memory: { ...scene.status, traffic: { weight: "0%" } },
    lower: lowerTo(scene, 0, finding.message),
    raise: empty ? [] : [resize(scene, trial, 0, finding.message)],
  });
}

/** Weight 0 until they are back; the step starts over with the raise. */
function canaryLostPods(scene: Scene, policy: Policy, judgement: Judgement): Draft | undefined {
  if (!canaryIsShort(scene, policy)) {
    return undefined;
  }
  const { status, canary, now } = scene;
  const at = new Date(now).toISOString();
  const message = `weight 0 until the canary's pods are ready again${suffix(troubleOf(scene))}`;
  return {
    phase: "Progressing",
    reason: REASON.WeightLowered,
    message,
    stableText: "too few canary pods are ready",
    memory: {
      ...status,
      ...evidence(judgement),
      ...(canary ? { canary: { ...canary, unreadySince: canary.unreadySince ?? at } } : {}),
      ...(status.step ? { step: { ...status.step, state: "Sizing" as const } } : {}),
      traffic: { weight: "0%" },
    },
    findings: findingsOf(scene, judgement),
    lower: lowerTo(scene, 0, "too few canary pods are ready"),
    events: [tell(scene, REASON.WeightLowered, message, { warning: true, step: `unready-${now}` })],
    wakes: [now],
    why: [message],
  };
}

/** More than was committed: somebody raised it, or the commit of a raise was lost with its leader. */
function weightIsTooHigh(scene: Scene, policy: Policy, judgement: Judgement): Draft | undefined {
  if (scene.actual <= scene.allowed) {
    return undefined;
  }
  const why = `the route gives the canary ${scene.actual} %, ${scene.allowed} % is allowed`;
  const { status } = scene;
  return {
    ...goOn({ ...scene, actual: scene.allowed }, policy, judgement),
    memory: { ...noteRevert(scene, status, "weights"), ...evidence(judgement) },
    raise: [],
    lower: lowerTo(scene, scene.allowed, why),
    events: [tell(scene, REASON.WeightsReverted, why, { warning: true, step: `down-${scene.now}` })],
    why: [why],
  };
}

/** The weight of this step is not committed yet: the start, or after pods were lost. */
function raiseOrWait(scene: Scene, policy: Policy, judgement: Judgement, index: number): Draft {
  const step = ladderOf(policy)[index];
  const wait = closedGate(scene, policy, step?.weight ?? 0);
  return wait === undefined ? raise(scene, policy, judgement, index) : held(scene, policy, judgement, wait);
}

function suffix(trouble: string | undefined): string {
  return trouble === undefined ? "" : `: ${trouble}`;
}
