/** One action, done. What is gone already needs no deletion; a lowering that meets a newer route reads it live and tries again. */
import {
  ApiError,
  type Deployment,
  type KubeObject,
  RESOURCES,
  type ReplicaSet,
  type Resource,
  type ResourceName,
  type Route,
  type Verbs,
} from "../domain/kube.ts";
import type { Action, HandOver, LowerWeight } from "../engine/types.ts";
import { ROUTE_KINDS, weightsOf } from "../traffic/index.ts";
import { handOverPatch } from "../workload/patches.ts";
import { revisionOf } from "../workload/revision.ts";
import { availableCount } from "../workload/sets.ts";
import { replicasOf } from "../workload/size.ts";
import { templateDifference } from "../workload/template.ts";
import type { Cache } from "./cache.ts";

export interface PerformContext {
  readonly verbs: Verbs;
  readonly cache: Pick<Cache, "put" | "drop">;
}

type Delete = Action & { readonly type: "delete" };

export async function perform(action: Action, namespace: string, context: PerformContext): Promise<void> {
  const { verbs } = context;
  switch (action.type) {
    case "create":
      return seen(action.resource, await verbs.create(action.resource, inNamespace(action.object, namespace)), context);
    case "mergePatch":
      return seen(action.resource, await verbs.mergePatch(action.resource, namespace, action.name, action.patch), context);
    case "jsonPatch":
      return seen(action.resource, await verbs.jsonPatch(action.resource, namespace, action.name, action.operations), context);
    case "delete":
      return remove(action, namespace, context);
    case "lowerWeight":
      return lowerWeight(action, namespace, context);
    case "handOver":
      return handOver(action, namespace, context);
    default:
      return action satisfies never;
  }
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

const NAME_OF = new Map(Object.entries(RESOURCES).map(([name, { group, plural }]) => [`${group}/${plural}`, name as ResourceName]));

function nameOf({ group, plural }: Resource): ResourceName | undefined {
  return NAME_OF.get(`${group}/${plural}`);
}

function seen(resource: Resource, answer: KubeObject, { cache }: PerformContext): void {
  const name = nameOf(resource);
  if (name !== undefined) {
    cache.put(name, answer);
  }
}

async function remove({ resource, name, options }: Delete, namespace: string, context: PerformContext): Promise<void> {
  if (await isGone(context.verbs.delete(resource, namespace, name, options))) {
    const kind = nameOf(resource);
    if (kind !== undefined && options.uid !== undefined) {
      context.cache.drop(kind, namespace, name, options.uid);
    }
  }
}

async function isGone(deletion: Promise<boolean>): Promise<boolean> {
  try {
    return await deletion;
  } catch (error) {
    if (error instanceof ApiError && error.kind === "gone") {
      return true;
    }
    throw error;
  }
}

const TRIES = 5;

/** Status writes of the mesh move the route's version at any moment: only the backends' names are tested. */
async function lowerWeight(action: LowerWeight, namespace: string, context: PerformContext): Promise<void> {
  try {
    await patchWeight(action, namespace, context);
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind === "gone") {
      return rethrow(error);
    }
    if (error.kind === "stalled") {
      await firstThatWorks(action.otherwise, namespace, context);
    }
    throw error;
  }
}

/** A route that is gone has no weight. */
function rethrow(error: unknown): void {
  if (!(error instanceof ApiError)) {
    throw error;
  }
}

/** On a conflict the route is read live and the patch made anew, in this same reconcile. */
async function patchWeight(action: LowerWeight, namespace: string, context: PerformContext): Promise<void> {
  const kind = ROUTE_KINDS[action.kind as keyof typeof ROUTE_KINDS];
  const { verbs } = context;
  let operations = action.operations;
  for (let attempt = 1; operations.length > 0; attempt++) {
    try {
      return seen(kind.resource, await verbs.jsonPatch(kind.resource, namespace, action.route, operations), context);
    } catch (error) {
      if (!(error instanceof ApiError && error.kind === "conflict") || attempt === TRIES) {
        throw error;
      }
      const route = (await verbs.get(kind.resource, namespace, action.route)) as Route;
      operations = kind.write(route, action.backends, weightsOf(action.percent), { cut: action.cut });
    }
  }
}

async function firstThatWorks(actions: readonly Action[], namespace: string, context: PerformContext): Promise<void> {
  for (const action of actions) {
    try {
      return await perform(action, namespace, context);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        throw error;
      }
    }
  }
}

/** Nothing of the cache is trusted here: sizes and templates are read live, and the patch tests what was read. */
async function handOver(action: HandOver, namespace: string, context: PerformContext): Promise<void> {
  const { verbs } = context;
  const deployment = (await verbs.get(RESOURCES.deployments, namespace, action.deployment)) as Deployment;
  const stable = (await verbs.get(RESOURCES.replicaSets, namespace, action.stable)) as ReplicaSet;
  const trial = (await verbs.get(RESOURCES.replicaSets, namespace, action.trial)) as ReplicaSet;
  const doubt = doubtOf(action, deployment, stable, trial);
  if (doubt !== undefined) {
    throw new ApiError({ kind: "conflict", status: 0, reason: "HandOver", message: doubt, verb: "patch", resource: RESOURCES.replicaSets });
  }
  const answer = await verbs.jsonPatch(RESOURCES.replicaSets, namespace, action.trial, handOverPatch({ trial, deployment }));
  seen(RESOURCES.replicaSets, answer, context);
}

function doubtOf(action: HandOver, deployment: Deployment, stable: ReplicaSet, trial: ReplicaSet): string | undefined {
  const n = replicasOf(deployment);
  if (
    revisionOf(deployment.spec.template) !== action.revision ||
    templateDifference(trial.spec.template, deployment.spec.template) !== undefined
  ) {
    return "the template changed";
  }
  if (deployment.spec.paused !== true) {
    return "the Deployment was resumed";
  }
  return [replicasOf(stable), replicasOf(trial), availableCount(trial)].every((size) => size === n) ? undefined : "the sizes are not equal";
}
