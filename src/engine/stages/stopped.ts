/**
 * A release failed under `onFail: Stop`: weight 0 stands, the canary's pods and Services are kept, and a person decides.
 *
 *   abort     the rest of the rollback
 *   retry     another attempt, from the first step
 *   promote   another attempt, from the step at which it was stopped; full: from 100 %. It is judged afresh
 *
 * A newer template, a revert and a deletion need no decision: they take over as they do after a rollback.
 */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { replicasOf } from "../../workload/size.ts";
import type { Draft } from "../draft.ts";
import { dropOldTrials, ensureRelease, keepTrial } from "../ensure.ts";
import { freshIntents, type Intent, names, used } from "../intents.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { cutMarkOf, lowerTo, resize, tell } from "../writes.ts";
import { PERSON, residual, stoppedText } from "./cut.ts";
import { pinIsOff } from "./pin-is-off.ts";
import { begin } from "./start.ts";

export function isStopped({ canary, revision }: Scene): boolean {
  return canary?.outcome === "Stopped" && canary.revision === revision;
}

export function stopped(scene: Scene, policy: Policy): Draft {
  return decided(scene, policy) ?? pinIsOff(scene) ?? waiting(scene, policy);
}

function decided(scene: Scene, policy: Policy): Draft | undefined {
  const { revision = "", canary, status } = scene;
  const fresh = freshIntents(scene.o).filter((intent) => names(intent, revision));
  const asked = (kind: Intent["kind"]) => fresh.filter((intent) => intent.kind === kind);
  const [aborts, promotes, retries] = [asked("abort"), asked("promote"), asked("retry")];
  if (aborts.length > 0) {
    return rollBack(scene, aborts);
  }
  const again = (intents: readonly Intent[], index: number) =>
    begin({ ...scene, status: used(status, intents) }, policy, (canary?.attempt ?? 0) + 1, index);
  if (promotes.length > 0) {
    const last = policy.steps.length;
    return again(promotes, promotes.some(({ full }) => full) ? last : Math.min(status.step?.index ?? 0, last));
  }
  return retries.length > 0 ? again(retries, 0) : undefined;
}

function rollBack(scene: Scene, aborts: readonly Intent[]): Draft {
  const { status, canary, now, names: n } = scene;
  const at = new Date(now).toISOString();
  const why = `abort asked: ${aborts[0]?.value}`;
  const history = (status.history ?? []).map((entry) =>
    entry.revision === canary?.revision && entry.attempt === canary?.attempt && entry.outcome === "Stopped"
      ? { ...entry, outcome: "RolledBack" as const, finishedAt: at, reason: `${entry.reason}; ${why}`.slice(0, 2048) }
      : entry,
  );
  return {
    phase: "RollingBack",
    reason: REASON.Aborted,
    message: `rolling back ${canary?.revision}: ${why}`,
    stableText: `rolled back: ${REASON.Aborted}`,
    memory: {
      ...used(status, aborts),
      ...(canary ? { canary: { ...canary, outcome: "RolledBack" as const, reason: REASON.Aborted, decidedAt: at } } : {}),
      history,
      traffic: { ...status.traffic, weight: "0%" },
      waitingFor: "",
    },
    lower: lowerTo(scene, 0, why, cutMarkOf(scene)),
    events: [tell(scene, REASON.RolledBack, `${n.rollout}: ${REASON.Aborted}: ${why}`, { warning: true, onTarget: true })],
    wakes: [now],
    why: [why],
  };
}

function waiting(scene: Scene, policy: Policy): Draft {
  const { canary, status, names: n } = scene;
  const keep = residual(scene, policy, canary?.reason);
  return {
    phase: "Paused",
    reason: REASON.Stopped,
    message: stoppedText(n.rollout, status.history?.[0]?.reason ?? canary?.reason ?? "", keep),
    stableText: `stopped: ${canary?.reason}`,
    memory: { ...status, traffic: { ...status.traffic, weight: `${keep}%` }, waitingFor: PERSON },
    lower: lowerTo(scene, keep, "stopped", keep === 0 ? cutMarkOf(scene) : undefined),
    raise: [...upkeep(scene), ...dropOldTrials(scene)],
    why: [`stopped: ${canary?.reason}`],
  };
}

/** Without pods of stable's there are none of the canary's. */
function upkeep(scene: Scene): readonly Action[] {
  const { replicas, trial, revision } = scene;
  if (replicas > 0) {
    return ensureRelease(scene);
  }
  if (trial !== undefined && replicasOf(trial) > 0) {
    return [resize(scene, trial, 0, "the Deployment has no pods")];
  }
  return revision === undefined ? [] : keepTrial(scene, revision);
}
