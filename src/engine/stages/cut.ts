/**
 * A release is refused: its weight goes in this reconcile, before any word about it. After a latency verdict while stable
 * is short of pods, the canary keeps what stable can't carry, and gives it back as stable recovers.
 */
import type { Policy } from "../../api/policy.ts";
import { REASON, type Reason } from "../../api/reasons.ts";
import type { HistoryEntry, Outcome } from "../../api/status.ts";
import type { Draft } from "../draft.ts";
import { ensureApexPin, pinBack } from "../ensure.ts";
import type { Verdict } from "../guards.ts";
import { freshIntents, names, used } from "../intents.ts";
import { type Judgement, judgementOf } from "../judgement.ts";
import { ladderOf, type Scene } from "../scene.ts";
import { cutMarkOf, lowerTo, tell } from "../writes.ts";

const HISTORY = 10;

export function cut(scene: Scene, policy: Policy, judgement: Judgement, verdict: Verdict): Draft {
  const { status, now, canary, stableHash, names: n } = scene;
  const percent = residual(scene, policy, verdict.reason);
  const ending =
    policy.onFail === "Stop" && verdict.always === undefined ? stop(scene, verdict, percent) : rollBack(scene, verdict, percent);
  const aborts = freshIntents(scene.o).filter((intent) => intent.kind === "abort" && names(intent, canary?.revision ?? ""));
  const closed = close(scene, ending.outcome, verdict, judgement.state.totals.canary.failures);
  return {
    ...ending.said,
    memory: {
      ...used(status, aborts),
      ...closed,
      traffic: { weight: `${percent}%`, writtenAt: new Date(now).toISOString() },
      analysis: { verdict: judgement.verdict, checks: judgement.checks, state: judgement.kept },
      waitingFor: ending.waitingFor,
    },
    lower: [
      ...lowerTo(scene, percent, verdict.why, percent === 0 ? cutMarkOf(scene) : undefined),
      ...(stableHash === undefined ? [] : ensureApexPin(scene, stableHash)),
    ],
    events: [tell(scene, REASON[ending.outcome], `${n.rollout}: ${verdict.reason}: ${verdict.why}`, { warning: true, onTarget: true })],
    wakes: [now],
    why: [`${verdict.reason}: ${verdict.why}`],
  };
}

interface Ending {
  readonly outcome: "RolledBack" | "Stopped";
  readonly waitingFor: string;
  readonly said: Pick<Draft, "phase" | "reason" | "message" | "stableText">;
}

function rollBack({ canary }: Scene, { reason, why }: Verdict, percent: number): Ending {
  const message = `rolling back ${canary?.revision}: ${why}${keeps(percent)}`;
  return { outcome: "RolledBack", waitingFor: "", said: { phase: "RollingBack", reason, message, stableText: `rolled back: ${reason}` } };
}

function stop({ names: n }: Scene, { reason, why }: Verdict, percent: number): Ending {
  const message = stoppedText(n.rollout, `${reason}: ${why}`, percent);
  const said = { phase: "Paused", reason: REASON.Stopped, message, stableText: `stopped: ${reason}` } as const;
  return { outcome: "Stopped", waitingFor: PERSON, said };
}

/** What a release that was stopped waits for: a person's promote, retry or abort. */
export const PERSON = "Person";

export function stoppedText(rollout: string, why: string, keep: number): string {
  return `stopped (${why})${keeps(keep)}; the canary's pods are kept: serin abort, retry or promote ${rollout}`;
}

/** Said wherever the weight is not 0 at once. */
export function keeps(percent: number): string {
  return percent > 0 ? `; the canary keeps ${percent} % until stable has its pods back` : "";
}

/** Percent that the canary keeps for now: 0, but for latency while stable has only r of n pods ready. */
export function residual(scene: Scene, policy: Policy, reason: string | undefined): number {
  if (reason !== REASON.LatencyFailed) {
    return 0;
  }
  const ready = scene.stable?.status?.readyReplicas ?? 0;
  const spare = 100 * (1 - ready / Math.max(1, scene.replicas));
  const weights = ladderOf(policy).map((step) => step.weight);
  return Math.min(scene.actual, Math.max(0, ...weights.filter((weight) => weight <= spare)));
}

/** Closed by what Git asks for, not by a verdict: at weight 0, and nothing is wrong with it. */
export function withdrawn(scene: Scene, policy: Policy, outcome: "Superseded" | "Reverted", why: string, stableText: string): Draft {
  const failures = judgementOf(scene, policy).state.totals.canary.failures;
  return {
    phase: outcome === "Superseded" ? "Progressing" : "RollingBack",
    reason: REASON[outcome],
    message: why,
    stableText,
    memory: {
      ...scene.status,
      ...close(scene, outcome, { reason: REASON[outcome], why }, failures),
      traffic: { weight: "0%" },
      waitingFor: "",
    },
    lower: [...lowerTo(scene, 0, why, cutMarkOf(scene)), ...pinBack(scene)],
    events: [tell(scene, REASON[outcome], why, { onTarget: true })],
    wakes: [scene.now],
    why: [why],
  };
}

/** The part of the status that says how the open release ended. */
export function close(
  scene: Scene,
  outcome: Outcome,
  why: { readonly reason: Reason; readonly why: string },
  failedRequests?: number,
): Pick<Scene["status"], "canary" | "history"> {
  const { canary, status, now } = scene;
  if (canary === undefined) {
    return {};
  }
  const at = new Date(now).toISOString();
  const entry: HistoryEntry = {
    revision: canary.revision ?? "",
    attempt: canary.attempt,
    outcome,
    startedAt: canary.startedAt,
    finishedAt: at,
    reason: `${why.reason}: ${why.why}`.slice(0, 2048),
    maxWeight: maxWeight(scene),
    ...(failedRequests === undefined ? {} : { failedRequests }),
  };
  const { unreadySince: _unready, waitingSince: _waiting, ...rest } = canary;
  return {
    canary: { ...rest, outcome, reason: why.reason, decidedAt: at },
    history: [entry, ...(status.history ?? [])].slice(0, HISTORY),
  };
}

function maxWeight(scene: Scene): string {
  const { status, allowed, o } = scene;
  const index = status.step?.index ?? 0;
  if (allowed > 0) {
    return status.step?.weight ?? `${allowed}%`;
  }
  const before = o.spec.ok ? ladderOf(o.spec.policy)[index - 1] : undefined;
  return `${before?.weight ?? 0}%`;
}
