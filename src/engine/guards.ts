/**
 * What ends an open release before its hand-over, each named by its finding. They are looked at in every phase and in
 * this order; the first one speaks.
 */

import type { Policy } from "../api/policy.ts";
import { REASON, type Reason } from "../api/reasons.ts";
import { targetFinding } from "../workload/findings.ts";
import { podTrouble } from "../workload/pod-trouble.ts";
import { availableCount, podsOf } from "../workload/sets.ts";
import { trialSize } from "../workload/size.ts";
import { conditionSince } from "./conditions.ts";
import { firstAnswer } from "./first-answer.ts";
import { freshIntents, names } from "./intents.ts";
import { type Judgement, millis } from "./judgement.ts";
import { ladderOf, type Scene } from "./scene.ts";
import { sizedSince } from "./sized.ts";
import { cutMarkOf } from "./writes.ts";

export interface Verdict {
  readonly reason: Reason;
  readonly why: string;
  /** Not a failure that `onFail: Stop` leaves to a person: one asked for it, or the release cannot go on at all. */
  readonly always?: "Rollback";
}

type Guard = (scene: Scene, policy: Policy, judgement: Judgement) => Verdict | undefined;

export function firstGuard(scene: Scene, policy: Policy, judgement: Judgement): Verdict | undefined {
  return firstAnswer(GUARDS, scene, policy, judgement);
}

const GUARDS: readonly Guard[] = [
  abortIsAsked,
  analysisFails,
  targetIsUnsupported,
  canaryIsLateToBeReady,
  canaryWasUnreadyTooLong,
  metricsAreGoneTooLong,
  evidenceNeverCame,
  deadlineIsOver,
  routeIsCut,
];

/** Left by a cut whose status write did not happen; looked at last, since the reason of the cut may still be there. */
function routeIsCut(scene: Scene): Verdict | undefined {
  return scene.cutMark !== undefined && scene.cutMark === cutMarkOf(scene)
    ? { reason: REASON.Aborted, why: "the route carries the cut mark of this attempt" }
    : undefined;
}

function abortIsAsked(scene: Scene): Verdict | undefined {
  const revision = scene.canary?.revision ?? "";
  const abort = freshIntents(scene.o).find((intent) => intent.kind === "abort" && names(intent, revision));
  return abort && { reason: REASON.Aborted, why: `abort asked: ${abort.value}`, always: "Rollback" };
}

function analysisFails(_scene: Scene, _policy: Policy, judgement: Judgement): Verdict | undefined {
  if (judgement.verdict !== "Fail") {
    return undefined;
  }
  const failing = judgement.checks.filter((check) => check.verdict === "Fail");
  const latencyAlone = failing.every((check) => check.name.startsWith("latency"));
  return { reason: latencyAlone ? REASON.LatencyFailed : REASON.AnalysisFailed, why: judgement.why };
}

function targetIsUnsupported(scene: Scene): Verdict | undefined {
  const finding = scene.o.deployment && targetFinding(scene.o.deployment);
  return finding && { reason: REASON.UnsupportedStrategy, why: finding.message, always: "Rollback" };
}

/** The clock of a size starts with its write; once the size was available, it has done its work. */
function canaryIsLateToBeReady(scene: Scene, policy: Policy): Verdict | undefined {
  const { trial, now } = scene;
  const since = sizedSince(scene, trial);
  const size = trial?.spec.replicas ?? 0;
  const late = since !== undefined && now - since > policy.canary.readyTimeoutMs;
  if (trial === undefined || !late || sizedOf(scene, policy) >= size) {
    return undefined;
  }
  return { reason: REASON.ReadyTimeout, why: troubleOf(scene) ?? "the canary's pods did not become ready" };
}

function canaryWasUnreadyTooLong(scene: Scene, policy: Policy): Verdict | undefined {
  const { canary, now } = scene;
  const since = millis(canary?.unreadySince);
  const sum = (canary?.unreadySeconds ?? 0) * 1000 + (since === undefined ? 0 : now - since);
  if (sum <= policy.canary.readyTimeoutMs) {
    return undefined;
  }
  return { reason: REASON.ReadyTimeout, why: troubleOf(scene) ?? "the canary's pods were unready for too long in all" };
}

function metricsAreGoneTooLong(scene: Scene, policy: Policy): Verdict | undefined {
  const since = conditionSince(scene.status, "AnalysisHealthy", "False");
  const over = scene.o.samples.fault !== undefined && since !== undefined && scene.now - since > policy.analysis.errorTimeoutMs;
  return over && policy.analysis.onError === "Rollback"
    ? { reason: REASON.MetricsTimeout, why: scene.o.samples.fault?.message ?? "" }
    : undefined;
}

function evidenceNeverCame(scene: Scene, policy: Policy, judgement: Judgement): Verdict | undefined {
  const step = ladderOf(policy)[scene.status.step?.index ?? 0];
  const writtenAt = millis(scene.status.traffic?.writtenAt);
  const over = step !== undefined && writtenAt !== undefined && scene.allowed > 0 && scene.now - writtenAt > step.maxDurationMs;
  return over && step.onInconclusive === "Rollback" && judgement.verdict !== "Pass"
    ? { reason: REASON.InconclusiveTimeout, why: judgement.why }
    : undefined;
}

function deadlineIsOver(scene: Scene, policy: Policy): Verdict | undefined {
  const { canary, now } = scene;
  if (canary === undefined) {
    return undefined;
  }
  const waiting = millis(canary.waitingSince);
  const waited = (canary.waitedSeconds ?? 0) * 1000 + (waiting === undefined ? 0 : now - waiting);
  return now - Date.parse(canary.startedAt) - waited > policy.deadlineMs
    ? { reason: REASON.DeadlineExceeded, why: "the release took longer than strategy.deadline" }
    : undefined;
}

/** The largest size of this attempt's trial that was available at once; `maxUnready` may lack. */
export function sizedOf({ trial, canary }: Scene, policy: Policy): number {
  const size = trial?.spec.replicas ?? 0;
  const available = availableCount(trial);
  const whole = available >= Math.max(1, size - policy.maxUnready);
  return Math.max(canary?.sized ?? 0, whole ? size : available);
}

/** Pods that a weight needs ready. */
export function neededReady(scene: Scene, policy: Policy, weight: number): number {
  return weight === 0 ? 0 : trialSize(scene.replicas, weight, policy.canary.replicas);
}

/** The kubelet's, the scheduler's or the quota's own sentence. */
export function troubleOf(scene: Scene): string | undefined {
  const { trial, o } = scene;
  return trial && podTrouble(podsOf(trial, o.pods ?? []), trial);
}
