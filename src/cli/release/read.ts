/** Reads a rollout and what belongs to it, once. Names that do not exist are answered with those that do. */
import { classOf, leaseNameOf } from "../../api/class.ts";
import type { Client } from "../../cluster/client.ts";
import { ApiError, type Deployment, type KubeObject, RESOURCES, type ReplicaSet } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import type { Cluster } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { ReleaseObjects } from "./facts.ts";
import { type ControllerState, controllerStateOf } from "./lease.ts";

export async function readRollout({ client, namespace }: Cluster, name: string, signal: AbortSignal): Promise<RolloutObject> {
  try {
    return (await client.get(RESOURCES.canaryRollouts, namespace, name, signal)) as RolloutObject;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const { items } = await client.list(RESOURCES.canaryRollouts, { namespace }, signal);
    throw noSuchRollout(namespace, name, items);
  }
}

export function noSuchRollout(namespace: string, name: string, others: readonly KubeObject[]): Failure {
  const names = others.map(({ metadata }) => metadata.name);
  const known = names.length === 0 ? "there is none in this namespace; see serin get -A" : `in this namespace: ${names.join(", ")}`;
  return new Failure(EXIT.badInput, `no CanaryRollout ${name} in namespace ${namespace}`, [known]);
}

export async function readRelease(cluster: Cluster, name: string, signal: AbortSignal): Promise<ReleaseObjects> {
  const rollout = await readRollout(cluster, name, signal);
  const { client, namespace } = cluster;
  const [deployment, sets] = await Promise.all([
    client.get(RESOURCES.deployments, namespace, targetOf(rollout), signal).catch(absent),
    client.list(RESOURCES.replicaSets, { namespace }, signal),
  ]);
  return { rollout, deployment: deployment as Deployment | undefined, sets: sets.items as readonly ReplicaSet[] };
}

/** Also of a spec that is invalid. */
export function targetOf(rollout: RolloutObject): string {
  const spec = rollout["spec"] as { targetRef?: { name?: unknown } } | undefined;
  return String(spec?.targetRef?.name ?? rollout.metadata.name);
}

export interface LeaseQuestion {
  /** Its class names the lease. */
  readonly rollout: RolloutObject;
  readonly leaseNamespace?: string | undefined;
  readonly now: number;
}

/** Looked for in all namespaces where that is allowed and none is named, else in the rollout's own. */
export async function readController(cluster: Cluster, question: LeaseQuestion, signal: AbortSignal): Promise<ControllerState> {
  const { client, namespace } = cluster;
  const { leaseNamespace, now } = question;
  const name = leaseNameOf(classOf(question.rollout));
  try {
    return controllerStateOf(await leasesIn(client, name, leaseNamespace, signal), now);
  } catch (error) {
    signal.throwIfAborted();
    const near = leaseNamespace === undefined ? await leasesIn(client, name, namespace, signal).catch(() => []) : [];
    if (near.length > 0) return controllerStateOf(near, now);
    const why =
      error instanceof ApiError && error.status === 403 ? "its lease may not be read; --lease-namespace names where it is" : String(error);
    return { at: "unknown", why };
  }
}

async function leasesIn(client: Client, name: string, namespace: string | undefined, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const fieldSelector = `metadata.name=${name}`;
  return (await client.list(RESOURCES.leases, { namespace, fieldSelector }, signal)).items;
}

function absent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
