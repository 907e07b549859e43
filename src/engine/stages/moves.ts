/** The moves that a step can make: raise, hold, put back. Each commits before it writes. */

import type { Policy } from "../../api/policy.ts";
import { REASON, type Reason } from "../../api/reasons.ts";
import type { Draft } from "../draft.ts";
import { closedGate, type Wait } from "../gates.ts";
import { findingsOf } from "../health.ts";
import { type Judgement, millis } from "../judgement.ts";
import { mayReassert, noteRevert } from "../reverts.ts";
import { ladderOf, positionOf, type Scene } from "../scene.ts";
import { sizedSince } from "../sized.ts";
import { raiseTo, tell } from "../writes.ts";

/** Commits the weight of a step, then writes it. */
export function raise(scene: Scene, policy: Policy, judgement: Judgement, index: number): Draft {
  const { status, now, canary } = scene;
  const ladder = ladderOf(policy);
  const weight = ladder[index]?.weight ?? 0;
  const at = new Date(now).toISOString();
  const text = `${weight} % to ${canary?.revision} (${stepName(policy, index)})`;
  return {
    phase: "Progressing",
    reason: REASON.Progressing,
    message: text,
    stableText: "a release runs",
    memory: {
      ...status,
      ...evidence(judgement),
      ...(canary ? { canary: readyAgain(canary, now) } : {}),
      step: { index, position: positionOf(policy, index), weight: `${weight}%`, state: "Shifting", startedAt: at },
      traffic: { weight: `${weight}%`, writtenAt: at },
      waitingFor: "",
    },
    findings: findingsOf(scene, undefined),
    raise: raiseTo(scene, weight, text),
    events: [tell(scene, REASON.WeightRaised, text, { step: `${index}-${at}` })],
    why: [text],
  };
}

/** Puts the committed weight back into the route: a raise, so with a commit and with every gate open. */
export function reassert(scene: Scene, policy: Policy, judgement: Judgement): Draft | undefined {
  const { allowed, actual, status, now } = scene;
  if (actual >= allowed) {
    return undefined;
  }
  const writtenAt = millis(status.traffic?.writtenAt) ?? 0;
  const reverted = now - writtenAt > OWN_WRITE_MS;
  if (reverted && !mayReassert(scene, "weights")) {
    return undefined;
  }
  const wait = closedGate(scene, policy, allowed);
  if (wait !== undefined && wait.reason !== REASON.GitOpsConflict) {
    return held(scene, policy, judgement, wait);
  }
  const draft = raise(scene, policy, judgement, status.step?.index ?? 0);
  const why = `the route gives the canary ${actual} %, ${allowed} % was written`;
  return {
    ...draft,
    memory: reverted ? noteRevert(scene, draft.memory, "weights") : draft.memory,
    events: reverted ? [tell(scene, REASON.WeightsReverted, why, { warning: true, step: `up-${now}` })] : [],
    why: [why],
  };
}

/** Our own write may not have reached the cache yet. */
const OWN_WRITE_MS = 2_000;

/** Traffic stays as it is until the gate opens. */
export function held(scene: Scene, policy: Policy, judgement: Judgement, wait: Wait): Draft {
  const { status, now } = scene;
  const index = status.step?.index ?? 0;
  const lasts = wait.stalled || wait.paused || now - waitedSince(scene) > PASSING_MS;
  const phase = wait.paused ? "Paused" : wait.stalled ? "Stalled" : "Progressing";
  const sizing = status.step && scene.allowed === 0 ? { step: { ...status.step, state: "Sizing" as const } } : {};
  return {
    phase,
    reason: lasts ? wait.reason : REASON.Progressing,
    message: `${stepName(policy, index)}: ${wait.text}`,
    stableText: wait.stalled ? wait.text : lasts && wait.reason !== REASON.Progressing ? wait.reason : "a release runs",
    stalled: wait.stalled ?? false,
    memory: { ...status, ...evidence(judgement), ...sizing, waitingFor: "" },
    findings: findingsOf(scene, judgement),
    raise: wait.actions,
    events: wait.stalled ? [tell(scene, wait.reason as Reason, wait.text, { warning: true, onTarget: true, step: index })] : [],
    wakes: [wait.wakeAt, ...deadlines(scene, policy), now + RECHECK_MS],
    why: [wait.text],
  };
}

const RECHECK_MS = 30_000;

/** What ends by itself within seconds is not worth a condition. */
const PASSING_MS = 30_000;

function waitedSince(scene: Scene): number {
  return Math.max(millis(scene.status.step?.startedAt) ?? scene.now, sizedSince(scene, scene.trial) ?? 0);
}

/** Times at which a guard may speak without any event. */
export function deadlines(scene: Scene, policy: Policy): (number | undefined)[] {
  const { canary, trial } = scene;
  const sized = sizedSince(scene, trial);
  const unready = millis(canary?.unreadySince);
  const waited = (canary?.waitedSeconds ?? 0) * 1000;
  return [
    sized === undefined ? undefined : sized + policy.canary.readyTimeoutMs + 1,
    unready === undefined ? undefined : unready + policy.canary.readyTimeoutMs - (canary?.unreadySeconds ?? 0) * 1000 + 1,
    canary === undefined || canary.waitingSince !== undefined ? undefined : Date.parse(canary.startedAt) + policy.deadlineMs + waited + 1,
  ].filter((time) => time === undefined || time > scene.now);
}

/** `step 2/4, 5 %`, `bake, 100 %`. */
export function stepName(policy: Policy, index: number): string {
  const step = ladderOf(policy)[index];
  return index >= policy.steps.length ? "bake, 100 %" : `step ${index + 1}/${policy.steps.length}, ${step?.weight} %`;
}

export function evidence(judgement: Judgement): Pick<Scene["status"], "analysis"> {
  return { analysis: { verdict: judgement.verdict, checks: judgement.checks, state: judgement.kept } };
}

type Canary = NonNullable<Scene["canary"]>;

function readyAgain(canary: Canary, now: number): Canary {
  const since = millis(canary.unreadySince);
  const { unreadySince: _since, ...rest } = canary;
  return since === undefined ? canary : { ...rest, unreadySeconds: (canary.unreadySeconds ?? 0) + (now - since) / 1000 };
}
