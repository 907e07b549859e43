/**
 * The decision: from a snapshot to a plan, pure and total. Stages are asked in order; the first that answers speaks.
 *
 *   hands off            a person took over
 *   past no return       the tried set is handed over: forward only
 *   deletion             give everything back
 *   invalid spec, rival  traffic at 0 or as it is, a person must act
 *   adoption             nothing is frozen yet
 *   freeze, stable       what others undid
 *   the release          idle, start, progress, superseded, rejected
 */
import type { Policy } from "../api/policy.ts";
import { REASON } from "../api/reasons.ts";
import type { Draft } from "./draft.ts";
import { forbidden } from "./forbidden.ts";
import { freshIntents, type Intent, names, used } from "./intents.ts";
import { restart } from "./restart.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { settle } from "./settle.ts";
import { adopt, isAdoptedByUs, targetMissing } from "./stages/adopt.ts";
import { finish } from "./stages/finish.ts";
import { handsOff, invalidSpec, kubernetesOwnSets, resumed, stableLost, targetTaken } from "./stages/held-by-people.ts";
import { idle } from "./stages/idle.ts";
import { progress } from "./stages/progress.ts";
import { rejected } from "./stages/rejected.ts";
import { start } from "./stages/start.ts";
import { superseded } from "./stages/superseded.ts";
import { terminate } from "./stages/terminate.ts";
import type { Observed, Plan } from "./types.ts";
import { waited } from "./waited.ts";
import { tell } from "./writes.ts";

export function decide(observed: Observed): Plan {
  const scene = sceneOf(observed);
  const draft = stage(scene);
  return settle(scene, forbidden(scene, waited(scene, restart(scene, ignored(scene, draft)))));
}

function stage(scene: Scene): Draft {
  const { o } = scene;
  if (scene.adopted !== undefined && scene.open && !scene.handsOff) {
    return finish(scene, scene.adopted);
  }
  if (o.rollout.metadata.deletionTimestamp !== undefined) {
    return terminate(scene);
  }
  const outside = handsOff(scene) ?? invalidSpec(scene) ?? targetTaken(scene);
  if (outside !== undefined || !o.spec.ok) {
    return outside as Draft;
  }
  const { policy } = o.spec;
  if (o.deployment === undefined) {
    return targetMissing(scene, policy);
  }
  if (!isAdoptedByUs(scene)) {
    return adopt(scene, policy);
  }
  return resumed(scene) ?? stableLost(scene) ?? release(scene, policy);
}

function release(scene: Scene, policy: Policy): Draft {
  const { pending, open, canary, revision } = scene;
  if (scene.stable === undefined) {
    return adopt(scene, policy);
  }
  if (!pending) {
    return idle(scene, policy);
  }
  if (open && canary?.revision !== revision) {
    return superseded(scene, policy);
  }
  if (open) {
    const draft = progress(scene, policy);
    return { ...draft, lower: [...(draft.lower ?? []), ...kubernetesOwnSets(scene)] };
  }
  return wasRejected(scene) ? rejected(rememberRejection(scene), policy) : start(scene, policy);
}

/** By status; or, where the status is lost, by the empty trial that is kept for it. */
function wasRejected({ canary, revision, trial, status }: Scene): boolean {
  if (canary !== undefined) {
    return canary.revision === revision && canary.outcome === "RolledBack";
  }
  return status.phase === undefined && trial !== undefined && trial.spec.replicas === 0;
}

function rememberRejection(scene: Scene): Scene {
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
  return { ...scene, canary, status: { ...scene.status, canary } };
}

/** Values that nothing will act on: said once, and used up, so that they open no later door. */
function ignored(scene: Scene, draft: Draft): Draft {
  const memory = draft.memory;
  const left = freshIntents(scene.o).filter(({ kind, value }) => kind !== "restart" && !(memory.intents?.[kind] ?? []).includes(value));
  if (left.length === 0 || !isAdoptedByUs(scene)) {
    return draft;
  }
  const events = left.map((intent) =>
    tell(
      scene,
      tooLate(scene, intent) ? REASON.TooLate : REASON.IntentIgnored,
      `${intent.kind} ${intent.value}: ${whyIgnored(scene, intent)}`,
      {
        warning: true,
        step: `${intent.kind}-${intent.value}`,
      },
    ),
  );
  return { ...draft, memory: used(memory, left), events: [...(draft.events ?? []), ...events] };
}

function tooLate(scene: Scene, intent: Intent): boolean {
  return scene.adopted !== undefined && scene.open && intent.kind === "abort";
}

function whyIgnored(scene: Scene, intent: Intent): string {
  if (tooLate(scene, intent)) {
    return "the tried pods are already handed over; release the old template to go back";
  }
  if (!names(intent, scene.revision ?? "")) {
    return `the current revision is ${scene.revision}`;
  }
  return { promote: "nothing waits for it", abort: "no release runs", retry: "nothing was refused", restart: "" }[intent.kind];
}
