/**
 * The CanaryRollout is being deleted: traffic to stable first, the trial away, then the freeze as `deletionPolicy` says,
 * and the finalizer last. An untried template is never shipped by a deletion unless `Resume` asks for it.
 */
import { FROZEN, RELEASE, RESTORE, RESUME_REFUSED, ROLLOUT } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import { RESOURCES } from "../../domain/kube.ts";
import { leaveFrozenPatch, unfreezePatch, withVersion } from "../../workload/patches.ts";
import { strayMarks } from "../../workload/stray-marks.ts";
import { cleanUp, quietAt } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import { pinBack } from "../ensure.ts";
import type { Scene } from "../scene.ts";
import type { Action, PlanEvent } from "../types.ts";
import { cutMarkOf, lowerTo, markRelease, tell } from "../writes.ts";
import { isAdoptedByUs } from "./adopt.ts";
import { close } from "./cut.ts";

export function terminate(scene: Scene): Draft {
  const { o, status, canary } = scene;
  if (scene.handsOff) {
    return {
      phase: "Terminating",
      reason: "Terminating",
      message: "a person took over: nothing is touched",
      memory: status,
      raise: letGo(scene),
    };
  }
  const { lower, raise, done } = giveBack(scene, "the CanaryRollout is deleted");
  const open = scene.open && canary !== undefined;
  const draft: Draft = {
    phase: "Terminating",
    reason: "Terminating",
    message: "giving everything back",
    memory: open
      ? {
          ...status,
          ...close(scene, "Removed", { reason: REASON.Reverted, why: "the CanaryRollout was deleted" }),
          traffic: { weight: "0%" },
        }
      : status,
    lower,
    events: staysFrozen(scene),
    wakes: [scene.now + 1_000],
  };
  return done ? { ...draft, memory: o.rollout.status ?? {}, raise: letGo(scene) } : { ...draft, raise };
}

/** Traffic to stable, the trial away, the route, the pins and the Services; then the freeze. One step further at every look. */
export function giveBack(scene: Scene, why: string): { lower: readonly Action[]; raise: readonly Action[]; done: boolean } {
  const lower = [...lowerTo(scene, 0, why, cutMarkOf(scene)), ...(scene.o.route === undefined ? [] : pinBack(scene))];
  if (lower.length > 0 || quietAt(scene) !== undefined) {
    return { lower, raise: [], done: false };
  }
  const cleanup = cleanUp(scene, false);
  const last = !cleanup.done ? [] : isAdoptedByUs(scene) || isHeld(scene) ? leave(scene) : unmarkSets(scene);
  return { lower, raise: [...cleanup.actions, ...last], done: cleanup.done && last.length === 0 };
}

/** A tool replaced the object, and the policy kept what holds it paused and noted whom it refused, without the mark of its rollout. */
function isHeld({ o }: Scene): boolean {
  const { uid, annotations: marks = {} } = o.deployment?.metadata ?? {};
  return marks[ROLLOUT] === undefined && (marks[RELEASE]?.startsWith(`${uid}/`) === true || marks[RESUME_REFUSED] !== undefined);
}

function unmarkSets({ o }: Scene): readonly Action[] {
  return (o.deployment === undefined ? [] : strayMarks(o.deployment, o.sets)).map(({ set, patch }) => ({
    type: "mergePatch",
    resource: RESOURCES.replicaSets,
    name: set.metadata.name,
    patch,
    why: "marks that an undo would bring back",
  }));
}

function leave(scene: Scene): readonly Action[] {
  const { o, pending } = scene;
  const { deployment } = o;
  if (deployment === undefined) {
    return [];
  }
  const resume = o.spec.ok && o.spec.policy.deletionPolicy === "Resume";
  const name = deployment.metadata.name;
  if (!pending || resume) {
    // The policy that holds a release paused goes by this mark, also where Serin freezes always or may not read policies.
    const mark = markRelease(scene, null, "no release runs");
    const patch = withVersion(unfreezePatch(deployment), deployment);
    return mark.length > 0
      ? mark
      : [{ type: "mergePatch", resource: RESOURCES.deployments, name, patch, why: "the Deployment rolls by itself again" }];
  }
  const why = "its template was never released: take it back in Git, or resume the Deployment to ship it";
  const patch = leaveFrozenPatch(deployment, why);
  return deployment.metadata.annotations?.[FROZEN] === why
    ? []
    : [{ type: "mergePatch", resource: RESOURCES.deployments, name, patch, why: "stays frozen: the template was never released" }];
}

function letGo({ o, names }: Scene): readonly Action[] {
  const finalizers = (o.rollout.metadata.finalizers ?? []).filter((finalizer) => finalizer !== RESTORE);
  if (finalizers.length === o.rollout.metadata.finalizers?.length) {
    return [];
  }
  const patch = { metadata: { finalizers, resourceVersion: o.rollout.metadata.resourceVersion } };
  return [{ type: "mergePatch", resource: RESOURCES.canaryRollouts, name: names.rollout, patch, why: "everything is given back" }];
}

/** Told with the first status of the deletion. */
function staysFrozen(scene: Scene): readonly PlanEvent[] {
  const resume = scene.o.spec.ok && scene.o.spec.policy.deletionPolicy === "Resume";
  const text = "the Deployment stays frozen on the version that runs: its template was never released";
  return scene.pending && !resume ? [tell(scene, REASON.StaysFrozen, text, { warning: true, onTarget: true })] : [];
}
