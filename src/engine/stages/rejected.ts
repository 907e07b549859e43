/**
 * After a release was refused: weight 0 is kept, the trial stays for `scaleDownDelay`, then everything but the empty trial
 * and the freeze is taken away. What Git asks for is not what runs until a new template or a retry comes.
 */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { hashOf } from "../../workload/selector.ts";
import { imagesOf } from "../../workload/template.ts";
import { cleanUp } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import { dropOldTrials, ensureApexPin, keepTrial } from "../ensure.ts";
import { freshIntents, names, used } from "../intents.ts";
import { millis } from "../judgement.ts";
import type { Scene } from "../scene.ts";
import { cutMarkOf, lowerTo, markRelease } from "../writes.ts";
import { keeps, residual } from "./cut.ts";
import { begin } from "./start.ts";

export function rejected(scene: Scene, policy: Policy): Draft {
  const { canary, status, now, stableHash, revision } = scene;
  const retries = freshIntents(scene.o).filter((intent) => intent.kind === "retry" && names(intent, revision ?? ""));
  if (retries.length > 0) {
    return begin({ ...scene, status: used(status, retries) }, policy, (canary?.attempt ?? 0) + 1);
  }
  const keep = residual(scene, policy, canary?.reason);
  const lower = lowerTo(scene, keep, "refused", keep === 0 ? cutMarkOf(scene) : undefined);
  const cleanAt = (millis(canary?.decidedAt) ?? now) + policy.canary.scaleDownDelayMs;
  const waiting = keep > 0 || lower.length > 0 || now < cleanAt;
  const cleanup = waiting ? { actions: [], done: false } : cleanUp(scene, true);
  const kept = cleanup.done && revision !== undefined ? keepTrial(scene, revision) : [];
  const apart = cleanup.actions.length > 0 || cleanup.done;
  const pins = scene.o.route !== undefined && stableHash !== undefined && !apart ? ensureApexPin(scene, stableHash) : [];
  return {
    phase: cleanup.done ? "RolledBack" : "RollingBack",
    reason: canary?.reason ?? REASON.RolledBack,
    message: messageOf(scene, keep, cleanup.done),
    stableText: `rolled back: ${canary?.reason}`,
    memory: {
      ...status,
      traffic: { ...status.traffic, weight: `${keep}%` },
      managed: {
        deployment: scene.o.deployment?.metadata.name,
        ...(cleanup.done ? {} : { services: status.managed?.services, route: status.managed?.route }),
      },
    },
    lower: [...lower, ...pins],
    raise: [...markRelease(scene, revision ?? null, "the template stands rejected"), ...dropOldTrials(scene), ...cleanup.actions, ...kept],
    wakes: [waiting ? cleanAt : undefined],
  };
}

function messageOf(scene: Scene, keep: number, done: boolean): string {
  const { status, canary } = scene;
  const why = status.history?.[0]?.reason ?? canary?.reason ?? "";
  return done
    ? `${canary?.revision} was refused (${why}); fix or revert the template, or serin retry`
    : `rolled back (${why})${keeps(keep)}`;
}

/** By status; or, where the status is lost, by the empty trial that is kept for it. */
export function wasRejected({ canary, revision, trial, status }: Scene): boolean {
  if (canary !== undefined) {
    return canary.revision === revision && canary.outcome === "RolledBack";
  }
  return status.phase === undefined && trial !== undefined && trial.spec.replicas === 0;
}

/** A lost status is made again from what the trial and stable tell. */
export function rememberRejection(scene: Scene): Scene {
  if (scene.canary !== undefined) {
    return scene;
  }
  const at = new Date(scene.now).toISOString();
  const canary = {
    revision: scene.revision,
    podTemplateHash: scene.revision,
    attempt: 0,
    startedAt: at,
    decidedAt: at,
    outcome: "RolledBack" as const,
    reason: REASON.RolledBack,
  };
  const { stable } = scene;
  const known = stable && { revision: hashOf(stable), podTemplateHash: hashOf(stable), images: imagesOf(stable.spec.template) };
  return { ...scene, canary, status: { ...scene.status, canary, ...(known ? { stable: known } : {}) } };
}
