/** The parts of Deployments, ReplicaSets and pods that controllers read and write, and the small questions that all of them ask. */
import type { Condition, Deployment, KubeObject, ObjectMeta, OwnerReference, Pod, ReplicaSet, Service } from "../../../domain/kube.ts";

export interface Meta extends ObjectMeta {
  readonly generateName?: string;
  readonly deletionGracePeriodSeconds?: number;
}

export interface DeploymentStatus extends NonNullable<Deployment["status"]> {
  readonly terminatingReplicas?: number;
  readonly collisionCount?: number;
}

export interface LiveDeployment extends Deployment {
  readonly metadata: Meta;
  readonly status?: DeploymentStatus;
}

export interface SetStatus extends NonNullable<ReplicaSet["status"]> {
  readonly fullyLabeledReplicas?: number;
  readonly terminatingReplicas?: number;
}

export interface LiveSet extends ReplicaSet {
  readonly metadata: Meta;
  readonly status?: SetStatus;
}

export interface LivePod extends Pod {
  readonly metadata: Meta;
  readonly spec: Pod["spec"] & { readonly terminationGracePeriodSeconds?: number; readonly hostname?: string };
}

export interface LiveService extends Service {
  readonly spec: Service["spec"] & { readonly publishNotReadyAddresses?: boolean };
}

export function sizeOf(workload: { readonly spec: { readonly replicas?: number } }): number {
  return workload.spec.replicas ?? 1;
}

/** The one owner that runs this object; other references only keep it alive. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", controller: true, blockOwnerDeletion: true };
}

export function isBeingDeleted(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function conditionOf(status: { readonly conditions?: readonly Condition[] } | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status, "Ready")?.status === "True";
}

/** Its containers have ended for good. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Milliseconds since the epoch; undefined for no time. */
export function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** Oldest first; those of one second by name. */
export function byAge(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  return compareText(left, right) || compareText(a.metadata.name, b.metadata.name);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
