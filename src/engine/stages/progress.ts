/**
 * An open release before its hand-over. In order: what ends it; what lowers its weight for now; then either the raise
 * that is due, or the step in force.
 */

import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import type { Draft } from "../draft.ts";
import { dropOldTrials, ensureRelease } from "../ensure.ts";
import { closedGate, growth } from "../gates.ts";
import { firstGuard, sizedOf } from "../guards.ts";
import { type Judgement, judgementOf } from "../judgement.ts";
import { noteRevert } from "../reverts.ts";
import { ladderOf, type Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { lowerTo, tell } from "../writes.ts";
import { cut } from "./cut.ts";
import { evidence, held, raise } from "./moves.ts";
import { pinIsOff } from "./pin-is-off.ts";
import { handOverEmpty } from "./promote.ts";
import { stepInForce } from "./step-in-force.ts";
import { trialRewritten } from "./trial-rewritten.ts";
import { canaryIsCutOff, canaryLostPods } from "./weight-off.ts";

export function progress(observed: Scene, policy: Policy): Draft {
  const scene = withSize(observed, policy);
  const judgement = judgementOf(scene, policy);
  const verdict = firstGuard(scene, policy, judgement);
  if (verdict !== undefined) {
    return cut(scene, policy, judgement, verdict);
  }
  if (scene.replicas === 0) {
    return handOverEmpty(scene);
  }
  return (
    trialRewritten(scene) ??
    canaryIsCutOff(scene, judgement) ??
    canaryLostPods(scene, policy, judgement) ??
    pinIsOff(scene) ??
    weightIsTooHigh(scene, policy, judgement) ??
    goOn(scene, policy, judgement)
  );
}

/** What the trial has reached is remembered with whatever is written next. */
function withSize(scene: Scene, policy: Policy): Scene {
  if (scene.canary === undefined) {
    return scene;
  }
  const canary = { ...scene.canary, sized: sizedOf(scene, policy) };
  return { ...scene, canary, status: { ...scene.status, canary } };
}

function goOn(scene: Scene, policy: Policy, judgement: Judgement): Draft {
  const index = scene.status.step?.index ?? 0;
  const step = ladderOf(policy)[Math.min(index, policy.steps.length)];
  const draft =
    step !== undefined && scene.allowed === step.weight
      ? stepInForce(scene, policy, judgement, index, step)
      : raiseOrWait(scene, policy, judgement, index);
  const upkeep = scene.allowed > 0 ? [...ensureRelease(scene), ...growth(scene, policy, scene.allowed)] : [];
  return { ...draft, raise: onePerObject([...upkeep, ...(draft.raise ?? []), ...dropOldTrials(scene)]) };
}

/** Upkeep of the weight in force (what somebody deleted, what an autoscaler asks for) goes before what the next one needs. */
function onePerObject(actions: readonly Action[]): readonly Action[] {
  const seen = new Set<string>();
  return actions.filter((action) => {
    const object =
      "resource" in action ? `${action.resource.plural}/${"name" in action ? action.name : action.object.metadata.name}` : action.type;
    const first = !seen.has(object);
    seen.add(object);
    return first;
  });
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
