/**
 * What stands against a release, found before anything is written. Each function is named after its finding and says
 * what is wrong and the way out; undefined: nothing found. Messages hold no times, figures or random names, so that a
 * condition made of them does not flap.
 */
import { POD_TEMPLATE_HASH, ROLE } from "../api/marks.ts";
import type { Finding } from "../domain/finding.ts";
import type { Deployment, ReplicaSet } from "../domain/kube.ts";
import { selectorMatches } from "./selector.ts";
import { templateDifference, withHash } from "./template.ts";

export type { Finding };

/** The first reason why this Deployment cannot be released by Serin at all. */
export function targetFinding(deployment: Deployment): Finding | undefined {
  return strategyIsRecreate(deployment) ?? revisionHistoryIsZero(deployment) ?? templateNamesHash(deployment);
}

function strategyIsRecreate(deployment: Deployment): Finding | undefined {
  if (deployment.spec.strategy?.type !== "Recreate") return undefined;
  const name = deployment.metadata.name;
  const message = `Deployment ${name} has strategy Recreate: its versions must not run side by side, a canary needs both. Set spec.strategy.type: RollingUpdate, or remove the CanaryRollout.`;
  return { reason: "StrategyRecreate", message };
}

function revisionHistoryIsZero(deployment: Deployment): Finding | undefined {
  if (deployment.spec.revisionHistoryLimit !== 0) return undefined;
  const name = deployment.metadata.name;
  const message = `Deployment ${name} has revisionHistoryLimit 0: Kubernetes deletes the ReplicaSet that a rollback needs. Set spec.revisionHistoryLimit to 1 or more, or remove the field.`;
  return { reason: "RevisionHistoryLimitZero", message };
}

/** Serin and Kubernetes both tell versions apart by this label: it cannot be the user's too. */
function templateNamesHash(deployment: Deployment): Finding | undefined {
  const { name } = deployment.metadata;
  const { selector, template } = deployment.spec;
  const places = [
    template.metadata?.labels?.[POD_TEMPLATE_HASH] === undefined ? [] : ["spec.template.metadata.labels"],
    selector.matchLabels?.[POD_TEMPLATE_HASH] === undefined ? [] : ["spec.selector.matchLabels"],
    selector.matchExpressions?.some(({ key }) => key === POD_TEMPLATE_HASH) ? ["spec.selector.matchExpressions"] : [],
  ].flat();
  if (places.length === 0) return undefined;
  const message = `Deployment ${name} names ${POD_TEMPLATE_HASH} in ${places.join(" and ")}: the label belongs to Kubernetes. Remove it there.`;
  return { reason: "PodTemplateHashTaken", message };
}

/**
 * The trial is compared as Kubernetes compares: where admission rewrote it, Kubernetes would make a set of its own at
 * the hand-over and delete the tried pods.
 */
export function trialTemplateChanged(trial: ReplicaSet, deployment: Deployment): Finding | undefined {
  const path = templateDifference(trial.spec.template, deployment.spec.template);
  if (path === undefined) return undefined;
  const message = `Admission rewrote the trial ReplicaSet of Deployment ${deployment.metadata.name} at ${path}: Kubernetes would not take it for the Deployment's new version. Exempt ReplicaSets with the label ${ROLE}=trial from that webhook or policy, or let it change Deployments the same way. A new set is made once a minute until it stays as it is.`;
  return { reason: "TrialTemplateChanged", message };
}

/** Another Deployment whose selector matches the trial's pods would take them over. */
export function selectedByAnother(deployment: Deployment, revision: string, others: readonly Deployment[]): Finding | undefined {
  const { labels } = withHash(deployment.spec.template, revision).metadata ?? {};
  const rival = others.find((other) => isAnother(other, deployment) && selectorMatches(other.spec.selector, labels));
  if (rival === undefined) return undefined;
  const message = `Deployment ${rival.metadata.name} has a selector that matches the pods of Deployment ${deployment.metadata.name} too: each would count the other's pods. Give one of them a label of its own in selector and template.`;
  return { reason: "SelectorOverlaps", message };
}

function isAnother(other: Deployment, deployment: Deployment): boolean {
  return other.metadata.uid !== deployment.metadata.uid && other.metadata.namespace === deployment.metadata.namespace;
}
