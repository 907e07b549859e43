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
 *   the release          idle, start, progress, superseded, stopped, rejected
 */
import type { Policy } from "../api/policy.ts";
import { asleep } from "./asleep.ts";
import type { Draft } from "./draft.ts";
import { forbidden } from "./forbidden.ts";
import { ignored } from "./ignored.ts";
import { outdated } from "./outdated.ts";
import { refused } from "./refused.ts";
import { restart } from "./restart.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { settle } from "./settle.ts";
import { adopt, isAdoptedByUs } from "./stages/adopt.ts";
import { finish } from "./stages/finish.ts";
import { handsOff, invalidSpec } from "./stages/held-by-people.ts";
import { idle } from "./stages/idle.ts";
import { progress } from "./stages/progress.ts";
import { rejected, rememberRejection, wasRejected } from "./stages/rejected.ts";
import { kubernetesOwnSets, resumed } from "./stages/resumed.ts";
import { shipped } from "./stages/shipped.ts";
import { stableLost } from "./stages/stable-lost.ts";
import { start } from "./stages/start.ts";
import { isStopped, stopped } from "./stages/stopped.ts";
import { superseded } from "./stages/superseded.ts";
import { retargeted, targetMissing, targetReplaced, targetTaken } from "./stages/target.ts";
import { terminate } from "./stages/terminate.ts";
import type { Observed, Plan } from "./types.ts";
import { waited } from "./waited.ts";

export function decide(observed: Observed): Plan {
  const scene = sceneOf(observed);
  const draft = stage(scene);
  return settle(
    scene,
    forbidden(scene, outdated(scene, asleep(scene, waited(scene, restart(scene, refused(scene, ignored(scene, draft))))))),
  );
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
  const draft = open ? progress(scene, policy) : closed(scene, policy);
  return { ...draft, lower: [...(draft.lower ?? []), ...kubernetesOwnSets(scene)] };
}

/** No release of what the Deployment asks for is open: it was decided against, or has not begun. */
function closed(scene: Scene, policy: Policy): Draft {
  if (isStopped(scene)) {
    return stopped(scene, policy);
  }
  return wasRejected(scene) ? rejected(rememberRejection(scene), policy) : start(scene, policy);
}
