/**
 * Conditions of a Deployment, as Kubernetes sets them: one whose status and reason are there already is left alone; a new one goes to the end, so
 * their order tells which moved last.
 */
import type { Condition } from "../../../../domain/kube.ts";
import { timestamp } from "../../../../workload/timestamp.ts";
import { conditionOf, type DeploymentStatus } from "../objects.ts";

export interface Given {
  readonly type: "Available" | "Progressing" | "ReplicaFailure";
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

export function condition({ type, status, reason, message }: Given, now: number): Condition {
  return { type, status, lastUpdateTime: timestamp(now), lastTransitionTime: timestamp(now), reason, message };
}

export function withCondition(status: DeploymentStatus, next: Condition): DeploymentStatus {
  const current = conditionOf(status, next.type);
  if (current !== undefined && current.status === next.status && current.reason === next.reason) {
    return status;
  }
  const kept = current?.status === next.status ? { ...next, lastTransitionTime: current.lastTransitionTime ?? "" } : next;
  return { ...status, conditions: [...(withoutCondition(status, next.type).conditions ?? []), kept] };
}

export function withoutCondition(status: DeploymentStatus, type: string): DeploymentStatus {
  return { ...status, conditions: (status.conditions ?? []).filter((other) => other.type !== type) };
}
