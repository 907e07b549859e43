/**
 * The Deployment controller of Kubernetes 1.36 as a function: a Deployment, its sets and their pods in, writes out.
 *
 * Which sets are its own is settled before (`claims.ts`), and so is the refusal of a write after (`controller.ts`).
 */
import { equalJson } from "../../json.ts";
import { conditionOf, controllerOf, type DeploymentStatus, isBeingDeleted, isFinished, sizeOf } from "../objects.ts";
import { condition, withCondition } from "./conditions.ts";
import { dropHistory } from "./history.ts";
import { makeNewSet, syncNewSet } from "./new-set.ts";
import { allSets, begin, type DeploymentInput, type DeploymentPlan, type Pass, tell } from "./pass.ts";
import { newSetSize, oldSetSizes } from "./rolling.ts";
import { isScalingEvent, resize, scale } from "./scaling.ts";
import { active, statusSum } from "./sets.ts";
import { countedStatus, deadlineCheckMs, hasDeadline, isComplete, type Observed, rolloutStatus } from "./status.ts";

export function reconcileDeployment(input: DeploymentInput): DeploymentPlan {
  const pass = begin(input);
  const deleted = isBeingDeleted(input.deployment);
  if (!deleted) {
    notePause(pass);
  }
  syncNewSet(pass);
  if (deleted) {
    finish(pass, countedStatus(observed(pass)));
  } else if (input.deployment.spec.paused === true || isScalingEvent(pass)) {
    resizeOnly(pass);
  } else {
    rollOut(pass);
  }
  return { writes: pass.writes, again: pass.again };
}

/** So that the time of a pause doesn't count as lack of progress. A deadline that was missed stays missed. */
function notePause(pass: Pass): void {
  const { deployment, now } = pass;
  const paused = deployment.spec.paused === true;
  const reason = conditionOf(deployment.status, "Progressing")?.reason;
  if (!hasDeadline(deployment) || reason === "ProgressDeadlineExceeded" || paused === (reason === "DeploymentPaused")) {
    return;
  }
  const given = paused
    ? { reason: "DeploymentPaused", message: "Deployment is paused" }
    : { reason: "DeploymentResumed", message: "Deployment is resumed" };
  const told = condition({ type: "Progressing", status: "Unknown", ...given }, now);
  pass.deployment = { ...deployment, status: withCondition(deployment.status ?? {}, told) };
  tell(pass);
}

function resizeOnly(pass: Pass): void {
  scale(pass);
  if (pass.deployment.spec.paused === true) {
    dropHistory(pass);
  }
  finish(pass, countedStatus(observed(pass)));
}

function rollOut(pass: Pass): void {
  const goesOn = pass.deployment.spec.strategy?.type === "Recreate" ? recreate(pass) : roll(pass);
  if (goesOn && isComplete(pass.deployment, pass.deployment.status ?? {})) {
    dropHistory(pass);
  }
  const same = finish(pass, rolloutStatus(observed(pass)));
  const afterMs = deadlineCheckMs(pass.deployment, pass.now);
  if (same && afterMs !== undefined) {
    pass.again = { afterMs };
  }
}

/** False: a step was made, the rest waits for its effect. */
function roll(pass: Pass): boolean {
  if (pass.newSet === undefined) {
    makeNewSet(pass);
  }
  const { deployment, newSet, oldSets } = pass;
  if (newSet === undefined) {
    return true;
  }
  if (resize(pass, newSet, newSetSize(deployment, allSets(pass), sizeOf(newSet)))) {
    return false;
  }
  const resized = oldSetSizes(deployment, newSet, oldSets).map(({ set, size }) => resize(pass, set, size));
  return resized.length === 0;
}

function recreate(pass: Pass): boolean {
  const ended = active(pass.oldSets).map((set) => resize(pass, set, 0));
  if (ended.length > 0 || oldPodsRun(pass)) {
    return false;
  }
  if (pass.newSet === undefined) {
    makeNewSet(pass);
  }
  const { newSet } = pass;
  if (newSet !== undefined) {
    resize(pass, newSet, sizeOf(pass.deployment));
  }
  return true;
}

/** Terminating ones too: two versions never run at once. */
function oldPodsRun({ newSet, oldSets, pods }: Pass): boolean {
  const newUid = newSet?.metadata.uid;
  return statusSum(oldSets, "replicas") > 0 || pods.some((pod) => !isFinished(pod) && controllerOf(pod)?.uid !== newUid);
}

function observed(pass: Pass): Observed {
  return { deployment: pass.deployment, newSet: pass.newSet, sets: allSets(pass), now: pass.now };
}

/** True: there was nothing to tell. */
function finish(pass: Pass, status: DeploymentStatus): boolean {
  if (equalJson(status, pass.deployment.status ?? {})) {
    return true;
  }
  pass.deployment = { ...pass.deployment, status };
  tell(pass);
  return false;
}
