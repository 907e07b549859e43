/** The set of the present template: found, kept in step with the Deployment's annotations and revision, or made. */
import { conditionOf, controllerReference, type LiveDeployment, type LiveSet } from "../objects.ts";
import { annotated, differs, highestRevision, newSetNotes, REVISION, sizeNotes } from "./annotations.ts";
import { condition, withCondition } from "./conditions.ts";
import { allSets, type Pass, tell } from "./pass.ts";
import { newSetSize } from "./rolling.ts";
import { findNewSet, HASH_LABEL } from "./sets.ts";
import { hasDeadline } from "./status.ts";
import { templateHash } from "./template-hash.ts";

/** Finds the new set. What it lacks is written first, and then nothing of the Deployment's own in this pass. */
export function syncNewSet(pass: Pass): void {
  const found = findNewSet(pass.deployment, pass.sets);
  pass.oldSets = pass.sets.filter((set) => set !== found);
  pass.newSet = found;
  if (found === undefined) {
    return;
  }
  const revision = highestRevision(pass.oldSets) + 1;
  const synced = inStep(pass.deployment, found, revision);
  if (synced !== found) {
    pass.newSet = synced;
    pass.writes.push({ verb: "replace", object: synced });
    return;
  }
  noteNewSet(
    pass,
    revision,
    "FoundNewReplicaSet",
    `Found new replica set "${found.metadata.name}"`,
    conditionOf(pass.deployment.status, "Progressing") === undefined,
  );
}

function inStep(deployment: LiveDeployment, set: LiveSet, revision: number): LiveSet {
  const notes = newSetNotes(deployment, set, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (!differs(set, notes) && (set.spec.minReadySeconds ?? 0) === minReadySeconds) {
    return set;
  }
  return { ...annotated(set, notes), spec: { ...set.spec, minReadySeconds } };
}

/** The revision on the Deployment, and the condition where it is due. */
function noteNewSet(pass: Pass, revision: number, reason: string, message: string, due: boolean): void {
  const { deployment } = pass;
  const notes = { [REVISION]: String(revision) };
  const told = due && hasDeadline(deployment);
  if (!told && !differs(deployment, notes)) {
    return;
  }
  const status = deployment.status ?? {};
  const given = condition({ type: "Progressing", status: "True", reason, message }, pass.now);
  pass.deployment = { ...annotated(deployment, notes), status: told ? withCondition(status, given) : status };
  tell(pass);
}

/** Makes the new set, which must be missing. */
export function makeNewSet(pass: Pass): void {
  const { deployment } = pass;
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const revision = highestRevision(pass.oldSets) + 1;
  const set = newSet(deployment, hash, newSetSize(deployment, allSets(pass), 0));
  const made = annotated(set, { ...newSetNotes(deployment, set, revision), ...sizeNotes(deployment) });
  pass.newSet = made;
  pass.writes.push({ verb: "create", object: made });
  noteNewSet(pass, revision, "NewReplicaSetCreated", `Created new replica set "${made.metadata.name}"`, true);
}

function newSet(deployment: LiveDeployment, hash: string, replicas: number): LiveSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const { name, namespace = "" } = deployment.metadata;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [controllerReference(deployment)] },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
