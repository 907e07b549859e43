/**
 * The objects that a release creates beside the user's own: the trial ReplicaSet, the two version Services, and the
 * stable set where somebody deleted it. Service and trial carry no label of the user's: a GitOps tool would take them
 * for its own and prune them.
 */
import { API_VERSION, MANAGED_BY, POD_TEMPLATE_HASH, ROLE, SIZED_AT, STABLE } from "../api/marks.ts";
import type { Deployment, OwnerReference, PodTemplate, ReplicaSet, Service, ServicePort } from "../domain/kube.ts";
import { parsedJson } from "./json.ts";
import { safeHash } from "./revision.ts";
import { pinned } from "./selector.ts";
import { desiredAnnotations, replicasOf } from "./size.ts";
import { withHash } from "./template.ts";
import { timestamp } from "./timestamp.ts";

export interface RolloutRef {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export type VersionRole = "stable" | "canary";

function trialName(deployment: Deployment, revision: string): string {
  return `${deployment.metadata.name}-${revision}`;
}

/**
 * The set that the Deployment itself would make, but for two things on the set alone, not on its pods: its labels are
 * Serin's, so that the Deployment does not claim it, and its owner does not control it, so that it goes with the
 * Deployment and injectors find the right workload.
 */
export function trialReplicaSet(input: {
  readonly rolloutName: string;
  readonly deployment: Deployment;
  readonly stableSet: ReplicaSet;
  readonly revision: string;
  readonly size: number;
  readonly now: number;
}): ReplicaSet {
  const { deployment, revision, stableSet } = input;
  const { name, labels } = stableSet.metadata;
  const stable = { name, labels, template: stableSet.spec.template };
  return replicaSet(deployment, {
    name: trialName(deployment, revision),
    labels: { [MANAGED_BY]: input.rolloutName, [ROLE]: "trial" },
    annotations: { [SIZED_AT]: timestamp(input.now), [STABLE]: JSON.stringify(stable) },
    replicas: input.size,
    template: withHash(deployment.spec.template, revision),
    hash: revision,
  });
}

/** The stable set as the trial remembers it, at the Deployment's size; undefined where the trial carries no such copy. */
export function restoredStableSet(trial: ReplicaSet, deployment: Deployment): ReplicaSet | undefined {
  const copy = stableCopyOf(trial);
  const hash = copy?.template.metadata?.labels?.[POD_TEMPLATE_HASH];
  if (copy === undefined || hash === undefined) return undefined;
  return replicaSet(deployment, { ...copy, annotations: desiredAnnotations(deployment), replicas: replicasOf(deployment), hash });
}

export interface StableCopy {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly template: PodTemplate;
}

/** The stable set's identity as written on the trial; undefined where it is missing or was damaged. */
export function stableCopyOf(trial: ReplicaSet): StableCopy | undefined {
  const parsed = parsedJson(trial.metadata.annotations?.[STABLE]) as Partial<StableCopy> | null | undefined;
  if (typeof parsed?.name !== "string" || !Array.isArray(parsed.template?.spec?.containers)) return undefined;
  return { name: parsed.name, labels: parsed.labels ?? {}, template: parsed.template };
}

export function versionServiceName(apex: string, role: VersionRole): string {
  const name = `${apex}-${role}`;
  if (name.length <= 63) return name;
  const tail = `-${safeHash(apex, 5)}-${role}`;
  return `${apex.slice(0, 63 - tail.length).replace(/-+$/, "")}${tail}`;
}

/** The apex Service's ports under another name, for one version's pods only, inside the cluster only. */
export function versionService(input: {
  readonly rollout: RolloutRef;
  readonly apex: Service;
  readonly role: VersionRole;
  readonly hash: string;
}): Service {
  const { rollout, apex, role, hash } = input;
  const { ports, selector, trafficDistribution, internalTrafficPolicy } = apex.spec;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: versionServiceName(apex.metadata.name, role),
      namespace: rollout.namespace,
      labels: { [MANAGED_BY]: rollout.name, [ROLE]: `${role}-service` },
      ownerReferences: [rolloutOwner(rollout)],
    },
    spec: {
      type: "ClusterIP",
      selector: pinned(selector, hash),
      ports: (ports ?? []).map(withoutNodePort),
      ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
      ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    },
  };
}

function replicaSet(
  deployment: Deployment,
  set: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly replicas: number;
    readonly template: PodTemplate;
    readonly hash: string;
  },
): ReplicaSet {
  const { namespace } = deployment.metadata;
  const { selector, minReadySeconds } = deployment.spec;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: set.name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: set.labels,
      annotations: set.annotations,
      ownerReferences: [deploymentOwner(deployment)],
    },
    spec: {
      replicas: set.replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: pinned(selector.matchLabels, set.hash) },
      template: set.template,
    },
  };
}

function deploymentOwner({ metadata }: Deployment): OwnerReference {
  return { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name, uid: metadata.uid ?? "", controller: false };
}

function rolloutOwner({ name, uid }: RolloutRef): OwnerReference {
  return { apiVersion: API_VERSION, kind: "CanaryRollout", name, uid, controller: true };
}

function withoutNodePort({ nodePort: _, ...port }: ServicePort): ServicePort {
  return port;
}
