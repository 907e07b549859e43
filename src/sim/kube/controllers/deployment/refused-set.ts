/** What a Deployment says when the server refused its new set. */
import type { StatusError } from "../../status-error.ts";
import { controllerOf, type LiveDeployment, type LiveSet } from "../objects.ts";
import { condition, withCondition } from "./conditions.ts";
import { sameTemplate } from "./sets.ts";
import { hasDeadline } from "./status.ts";

/** A set of that name is ours after all. */
export function isAlreadyOurs(deployment: LiveDeployment, found: LiveSet | undefined, error: StatusError): boolean {
  return (
    error.status.reason === "AlreadyExists" &&
    found !== undefined &&
    controllerOf(found)?.uid === deployment.metadata.uid &&
    sameTemplate(found.spec.template, deployment.spec.template)
  );
}

/** A name that somebody else has leads to another hash the next time; anything else is told as a condition. */
export function afterRefusedSet(deployment: LiveDeployment, set: LiveSet, error: StatusError, now: number): LiveDeployment {
  const status = deployment.status ?? {};
  if (error.status.reason === "AlreadyExists") {
    return { ...deployment, status: { ...status, collisionCount: (status.collisionCount ?? 0) + 1 } };
  }
  if (!hasDeadline(deployment)) {
    return deployment;
  }
  const message = `Failed to create new replica set "${set.metadata.name}": ${error.message}`;
  const given = condition({ type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message }, now);
  return { ...deployment, status: withCondition(status, given) };
}
