/**
 * The decision: from a snapshot to a plan, pure and total. Stages are asked in order; the first that answers speaks.
 *
 *   hands off            a person took over
 *   past no return       the tried set is handed over: forward only
 *   deletion             give everything back
 *   invalid spec, rival  traffic at 0 or as it is, a person must act
 *   the target           gone, replaced, renamed, shipped past us
 *   freeze, stable       what others undid
 *   adoption             nothing is frozen yet
 *   the release          idle, start, progress, superseded, rejected
 */
import type { Policy } from "../api/policy.ts";
import { REASON } from "../api/reasons.ts";
import { hashOf } from "../workload/selector.ts";
import { imagesOf } from "../workload/template.ts";
import { asleep } from "./asleep.ts";
import type { Draft } from "./draft.ts";
import { forbidden } from "./forbidden.ts";
import { freshIntents, type Intent, names, used } from "./intents.ts";
import { restart } from "./restart.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { settle } from "./settle.ts";
import { adopt, isAdoptedByUs } from "./stages/adopt.ts";
import { finish } from "./stages/finish.ts";
import { handsOff, invalidSpec } from "./stages/held-by-people.ts";
import { idle } from "./stages/idle.ts";
import { progress } from "./stages/progress.ts";
import { rejected } from "./stages/rejected.ts";
import { kubernetesOwnSets, resumed } from "./stages/resumed.ts";
import { shipped } from "./stages/shipped.ts";
import { stableLost } from "./stages/stable-lost.ts";
import { start } from "./stages/start.ts";
import { superseded } from "./stages/superseded.ts";
import { retargeted, targetMissing, targetReplaced, targetTaken } from "./stages/target.ts";
import { terminate } from "./stages/terminate.ts";
import type { Observed, Plan } from "./types.ts";
import { waited } from "./waited.ts";
import { tell } from "./writes.ts";

export function decide(observed: Observed): Plan {
  const scene = sceneOf(observed);
  const draft = stage(scene);
  return settle(scene, forbidden(scene, asleep(scene, waited(scene, restart(scene, ignored(scene, draft))))));
}

function stage(scene: Scene): Draft {
  const { o } = scene;
  if (scene.adopted !== undefined && scene.open && !scene.handsOff) {
    return resumed(scene) ?? finish(scene, scene.adopted);
  }
  if (o.rollout.metadata.deletionTimestamp !== undefined) {
    return terminate(scene);
  }
  if (!o.spec.ok) {
    return handsOff(scene) ?? invalidSpec(scene, o.spec.errors);
  }
  return handsOff(scene) ?? targetTaken(scene) ?? atTarget(scene, o.spec.policy);
}

function atTarget(scene: Scene, policy: Policy): Draft {
  const { deployment } = scene.o;
  if (deployment === undefined) {
    return targetMissing(scene, policy);
  }
  return (
    retargeted(scene, policy) ??
    targetReplaced(scene) ??
    shipped(scene) ??
    resumed(scene) ??
    stableLost(scene) ??
    (isAdoptedByUs(scene) && scene.stable !== undefined ? release(scene, policy) : adopt(scene, deployment))
  );
}

function release(scene: Scene, policy: Policy): Draft {
  const { pending, open, canary, revision } = scene;
  if (!pending) {
    return idle(scene, policy);
  }
  if (open && canary?.revision !== revision) {
    return superseded(scene, policy);
  }
  const draft = open ? progress(scene, policy) : wasRejected(scene) ? rejected(rememberRejection(scene), policy) : start(scene, policy);
  return { ...draft, lower: [...(draft.lower ?? []), ...kubernetesOwnSets(scene)] };
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
  const { stable } = scene;
  const known = stable && { revision: hashOf(stable), podTemplateHash: hashOf(stable), images: imagesOf(stable.spec.template) };
  return { ...scene, canary, status: { ...scene.status, canary, ...(known ? { stable: known } : {}) } };
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
