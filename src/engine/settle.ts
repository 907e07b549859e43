/**
 * From a stage's draft to the plan: the whole status, whether its meaning changed enough to be stored, and the limit of
 * status writes: six a minute, and six more for those that come with a deed or an event. A raise that needs a new status waits for it;
 * lowering waits for nothing; events are told with the status that they explain, so once.
 */
import type { CanaryRolloutStatus } from "../api/status.ts";
import { conditionsOf } from "./conditions.ts";
import type { Draft } from "./draft.ts";
import { sameJson } from "./same-json.ts";
import type { Scene } from "./scene.ts";
import type { Plan } from "./types.ts";

const MINUTE = 60_000;
const WRITES_A_MINUTE = 6;
/** Releases with steps of seconds, and people who try again and again, must not wait out a minute; nor must an outcome. */
const MORE_FOR_NEWS = 6;
/** Evidence is kept at transitions and then every minute; the first two minutes of a step have its raise. */
const EVIDENCE_AGE = MINUTE;
const STEP_GRACE = 2 * MINUTE;

export function settle(scene: Scene, draft: Draft): Plan {
  const view = statusOf(scene, draft);
  const lower = draft.lower ?? [];
  const raise = draft.raise ?? [];
  const stored = scene.o.rollout.status ?? {};
  const setBack = stored !== scene.status && scene.o.rollout.status !== undefined;
  const changed = draft.quiet !== true && (setBack || meaningChanged(stored, view) || evidenceIsOld(scene, view));
  const events = draft.events ?? [];
  const isNews = lower.length + raise.length + events.length > 0;
  const most = WRITES_A_MINUTE + (isNews ? MORE_FOR_NEWS : 0);
  const room = changed ? roomAt(scene, most) : scene.now;
  const waits = room > scene.now;
  return {
    view,
    status: changed && !waits ? view : undefined,
    lower,
    raise: waits ? [] : raise,
    events: changed && !waits ? events : [],
    wakeAt: earliest(scene.now, waits ? [...later(scene, draft), room] : (draft.wakes ?? [])),
    why: draft.why ?? [],
  };
}

function statusOf(scene: Scene, draft: Draft): CanaryRolloutStatus {
  const { o, status } = scene;
  const generation = o.rollout.metadata.generation ?? 1;
  const detached = o.spec.ok && o.spec.policy.health === "Detached";
  const observed = o.deployment?.metadata.generation;
  return {
    ...draft.memory,
    observedGeneration: generation,
    phase: draft.phase,
    message: draft.message.slice(0, 2048),
    ...(observed === undefined ? {} : { target: { observedGeneration: observed } }),
    conditions: conditionsOf(status, draft, generation, detached, scene.now),
  };
}

/** Figures, and what the next transition carries anyway, are no reason to write. */
function meaningOf(status: CanaryRolloutStatus): unknown {
  const { message: _message, target: _target, analysis, step, traffic, stable, canary, conditions, ...rest } = status;
  return {
    ...rest,
    fails: analysis?.verdict === "Fail",
    step: step && { index: step.index, weight: step.weight, passed: step.passed },
    traffic: traffic && { weight: traffic.weight, writtenAt: traffic.writtenAt },
    stable: stable && { ...stable, readyReplicas: 0 },
    canary: canary && { ...canary, readyReplicas: 0, sized: 0 },
    conditions: conditions?.filter((condition) => condition.type !== "TrafficConfirmed" || condition.status === "False"),
  };
}

export function meaningChanged(before: CanaryRolloutStatus, after: CanaryRolloutStatus): boolean {
  const known = meanings.get(before) ?? meaningOf(before);
  meanings.set(before, known);
  return !sameJson(known, meaningOf(after));
}

/** The stored status is never changed, and every look is compared with it. */
const meanings = new WeakMap<CanaryRolloutStatus, unknown>();

function evidenceIsOld(scene: Scene, view: CanaryRolloutStatus): boolean {
  const started = scene.status.step?.startedAt;
  if (!scene.open || started === undefined || view.analysis?.state === undefined || scene.now - Date.parse(started) < STEP_GRACE) {
    return false;
  }
  const last = Math.max(...scene.o.statusWrites, 0);
  return scene.now - last >= EVIDENCE_AGE && !sameJson(view.analysis.state, scene.status.analysis?.state);
}

/** When the next status write is within the limit. */
function roomAt(scene: Scene, most: number): number {
  const recent = scene.o.statusWrites.filter((at) => at > scene.now - MINUTE).sort((a, b) => a - b);
  return recent.length < most ? scene.now : (recent[recent.length - most] ?? scene.now) + MINUTE;
}

/** What would follow at once follows from the status that has to wait. */
function later({ now }: Scene, { wakes }: Draft): (number | undefined)[] {
  return (wakes ?? []).filter((time) => time === undefined || time > now);
}

function earliest(now: number, times: readonly (number | undefined)[]): number | undefined {
  const later = times.filter((time): time is number => time !== undefined && Number.isFinite(time));
  return later.length === 0 ? undefined : Math.max(now, Math.min(...later));
}
