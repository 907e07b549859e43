/** A Deployment's status from its sets, and its conditions Available, Progressing and ReplicaFailure. */
import type { Condition } from "../../../../domain/kube.ts";
import { conditionOf, type DeploymentStatus, type LiveDeployment, type LiveSet, sizeOf, timeOf } from "../objects.ts";
import { condition, withCondition, withoutCondition } from "./conditions.ts";
import { limitsOf } from "./limits.ts";
import { sizeSum, statusSum, terminatingSum } from "./sets.ts";

const NEVER_SECONDS = 2 ** 31 - 1;

export interface Observed {
  readonly deployment: LiveDeployment;
  readonly newSet: LiveSet | undefined;
  /** The new one too. */
  readonly sets: readonly LiveSet[];
  readonly now: number;
}

export function hasDeadline({ spec }: LiveDeployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NEVER_SECONDS;
}

/** Counts and availability, as also a paused Deployment tells them. */
export function countedStatus({ deployment, newSet, sets, now }: Observed): DeploymentStatus {
  const available = statusSum(sets, "availableReplicas");
  const updated = newSet === undefined ? [] : [newSet];
  const { conditions, collisionCount } = deployment.status ?? {};
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: statusSum(sets, "replicas"),
    updatedReplicas: statusSum(updated, "replicas"),
    readyReplicas: statusSum(sets, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sizeSum(sets) - available),
  };
  const terminating = terminatingSum(sets);
  const status: DeploymentStatus = {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(conditions && { conditions }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
  return withCondition(status, condition(availability(deployment, available), now));
}

function availability(deployment: LiveDeployment, available: number) {
  const enough = available >= sizeOf(deployment) - limitsOf(deployment).maxUnavailable;
  return enough
    ? ({
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      } as const)
    : ({
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      } as const);
}

/** With the progress of a roll-out, which a paused Deployment doesn't estimate. */
export function rolloutStatus(observed: Observed): DeploymentStatus {
  const counted = countedStatus(observed);
  const progressed = hasDeadline(observed.deployment) ? withProgress(observed, counted) : withoutCondition(counted, "Progressing");
  const failure = failureOf(observed);
  return tidied(failure === undefined ? withoutCondition(progressed, "ReplicaFailure") : withCondition(progressed, failure));
}

/** As the server stores it. */
function tidied(status: DeploymentStatus): DeploymentStatus {
  const { conditions, ...rest } = status;
  return conditions?.length === 0 ? rest : status;
}

function withProgress({ deployment, newSet, now }: Observed, status: DeploymentStatus): DeploymentStatus {
  const current = conditionOf(deployment.status, "Progressing");
  if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === "NewReplicaSetAvailable") {
    return status;
  }
  const subject = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  const told = (reason: string, text: string, value: Condition["status"] = "True") =>
    condition({ type: "Progressing", status: value, reason, message: `${subject} ${text}` }, now);
  if (isComplete(deployment, status)) {
    return withCondition(status, told("NewReplicaSetAvailable", "has successfully progressed."));
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    return restarted(status, told("ReplicaSetUpdated", "is progressing."));
  }
  return hasTimedOut(deployment, status, now)
    ? withCondition(status, told("ProgressDeadlineExceeded", "has timed out progressing.", "False"))
    : status;
}

/** Progress renews the condition even where reason and status stay: the deadline counts from its lastUpdateTime. */
function restarted(status: DeploymentStatus, next: Condition): DeploymentStatus {
  const current = conditionOf(status, "Progressing");
  const kept = current?.status === "True" ? { ...next, lastTransitionTime: current.lastTransitionTime ?? "" } : next;
  return withCondition(withoutCondition(status, "Progressing"), kept);
}

export function isComplete(deployment: LiveDeployment, status: DeploymentStatus): boolean {
  const size = sizeOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === size &&
    (status.replicas ?? 0) === size &&
    (status.availableReplicas ?? 0) === size &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const grown = (["updatedReplicas", "readyReplicas", "availableReplicas"] as const).some(
    (count) => (after[count] ?? 0) > (before[count] ?? 0),
  );
  return grown || oldReplicas(after) < oldReplicas(before);
}

function oldReplicas({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number {
  return replicas - updatedReplicas;
}

function hasTimedOut(deployment: LiveDeployment, status: DeploymentStatus, now: number): boolean {
  const current = conditionOf(status, "Progressing");
  if (current === undefined || current.reason === "NewReplicaSetAvailable") {
    return false;
  }
  return current.reason === "ProgressDeadlineExceeded" || deadlineOf(deployment, current) < now;
}

function deadlineOf({ spec }: LiveDeployment, { lastUpdateTime }: Condition): number {
  return (timeOf(lastUpdateTime) ?? 0) + (spec.progressDeadlineSeconds ?? 0) * 1000;
}

/** When to look again at a roll-out that may be stuck; undefined where it can't be. */
export function deadlineCheckMs(deployment: LiveDeployment, now: number): number | undefined {
  const { status = {} } = deployment;
  const current = conditionOf(status, "Progressing");
  if (!hasDeadline(deployment) || current === undefined) {
    return undefined;
  }
  if (isComplete(deployment, status) || current.reason === "ProgressDeadlineExceeded") {
    return undefined;
  }
  return Math.max(0, deadlineOf(deployment, current) - now) + 1000;
}

/** The new set's failure, or else any. */
function failureOf({ newSet, sets }: Observed): Condition | undefined {
  const ordered = newSet === undefined ? sets : [newSet, ...sets];
  const failure = ordered.map((set) => conditionOf(set.status, "ReplicaFailure")).find((found) => found !== undefined);
  if (failure === undefined) {
    return undefined;
  }
  const { type, status, reason = "", message = "", lastTransitionTime = "" } = failure;
  return { type, status, lastUpdateTime: lastTransitionTime, lastTransitionTime, reason, message };
}
