/** The bake has passed: the apex pin moves, then one guarded patch hands the tried set over. */

import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { isEmptied } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import type { Draft } from "../draft.ts";
import { deleteTwins, ensureApexPin, ensureRelease } from "../ensure.ts";
import { closedGate } from "../gates.ts";
import { findingsOf } from "../health.ts";
import type { Judgement } from "../judgement.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { lowerTo, markRelease, resize } from "../writes.ts";
import { evidence, held } from "./moves.ts";

export const HANDING_OVER = "the tried pods are handed over to the Deployment";

export function promote(scene: Scene, policy: Policy, judgement: Judgement): Draft {
  const { trial, stable, replicas, revision = "", status } = scene;
  const size = trial?.spec.replicas ?? 0;
  if (trial !== undefined && size > replicas) {
    const action = resize(scene, trial, replicas, "the Deployment became smaller");
    return held(scene, policy, judgement, { reason: REASON.Promoting, text: "following the Deployment's size", actions: [action] });
  }
  const wait = closedGate(scene, policy, 100);
  if (wait !== undefined) {
    return held(scene, policy, judgement, wait);
  }
  if ((trial?.status?.availableReplicas ?? 0) < replicas || stable?.spec.replicas !== replicas) {
    const text = "the trial, the old set and the Deployment must be equal in size before the hand-over";
    return held(scene, policy, judgement, { reason: REASON.Promoting, text, actions: [] });
  }
  return {
    phase: "Promoting",
    reason: REASON.Promoting,
    message: `handing ${revision} over to the Deployment`,
    stableText: HANDING_OVER,
    memory: { ...status, ...evidence(judgement), waitingFor: "" },
    findings: findingsOf(scene, judgement),
    raise: [...deleteTwins(scene), ...ensureApexPin(scene, revision), ...handOver(scene)],
    why: [`${revision} has passed every step`],
  };
}

/** Nothing runs, so nothing can be tried: the set is handed over empty, without steps. */
export function handOverEmpty(scene: Scene): Draft {
  const { trial, stable, revision = "", status } = scene;
  const emptied = trial !== undefined && isEmptied(trial) && stable !== undefined && isEmptied(stable);
  const shrink = trial !== undefined && replicasOf(trial) > 0 ? [resize(scene, trial, 0, "the Deployment has no pods")] : [];
  const make = trial === undefined ? ensureRelease(scene) : markRelease(scene, revision, "a release runs");
  return {
    phase: "Promoting",
    reason: REASON.Promoting,
    message: `the Deployment has 0 replicas: ${revision} is handed over without steps`,
    stableText: HANDING_OVER,
    memory: { ...status, traffic: { weight: "0%" }, waitingFor: "" },
    lower: lowerTo(scene, 0, "the Deployment has no pods"),
    raise: [...make, ...shrink, ...(emptied ? [...deleteTwins(scene), ...handOver(scene)] : [])],
  };
}

function handOver({ o, stable, trial, revision }: Scene): readonly Action[] {
  if (o.deployment === undefined || stable === undefined || trial === undefined || revision === undefined) {
    return [];
  }
  const [deployment, from, to] = [o.deployment.metadata.name, stable.metadata.name, trial.metadata.name];
  return [{ type: "handOver", deployment, stable: from, trial: to, revision, why: `the Deployment adopts ${to}` }];
}
