/**
 * Which rollouts an object concerns: by its name, its owner, its label, or the Service that a route names as its parent. The same
 * relations are an index of every store, so that what a rollout looks at is found without a look at its whole namespace.
 */
import { MANAGED_BY } from "../api/marks.ts";
import {
  type HorizontalPodAutoscaler,
  type KubeObject,
  keyOf,
  type Route,
  type ScaleTarget,
  type VerticalPodAutoscaler,
} from "../domain/kube.ts";
import { namesOf } from "../engine/scene.ts";
import type { RolloutObject } from "../engine/types.ts";
import { SERVICE_NAME } from "../traffic/endpoints.ts";

export const WATCHED = [
  "canaryRollouts",
  "deployments",
  "replicaSets",
  "services",
  "endpointSlices",
  "httpRoutes",
  "grpcRoutes",
  "horizontalPodAutoscalers",
  "verticalPodAutoscalers",
] as const;
export type Watched = (typeof WATCHED)[number];

/** Under what an object of a kind is found: `Deployment/<ns>/<name>`, `Service/<ns>/<name>`, and `Rollout/<ns>/<name>` by its label. */
export function concernsOf(name: Watched): (object: KubeObject) => string[] {
  if (name === "canaryRollouts") return concernsOfRollout;
  return (object) => [...relations(name, object), ...marksOf(object).map((rollout) => `Rollout/${rollout}`)];
}

/** What a rollout depends on. */
function concernsOfRollout(object: KubeObject): string[] {
  const rollout = object as RolloutObject;
  const names = namesOf({ rollout, spec: { ok: false, errors: [] } }, rollout.status ?? {});
  const target = (rollout["spec"] as { targetRef?: { name?: string } } | undefined)?.targetRef?.name;
  const deployments = [target, rollout.status?.managed?.deployment].filter((name) => name !== undefined);
  return [
    ...new Set(deployments.map((name) => `Deployment/${names.namespace}/${name}`)),
    ...[names.apex, names.stable, names.canary].map((name) => `Service/${names.namespace}/${name}`),
  ];
}

/** `<ns>/<name>` of the rollout that an object's label names. */
function marksOf({ metadata }: KubeObject): string[] {
  const rollout = metadata.labels?.[MANAGED_BY];
  return rollout === undefined ? [] : [`${metadata.namespace}/${rollout}`];
}

/** `<ns>/<service>` of every parent of a route. */
function parentsOfRoute(object: KubeObject): string[] {
  const parents = (object as Route).spec?.parentRefs ?? [];
  return parents.filter(({ kind }) => kind === "Service").map(({ namespace, name }) => `${namespace ?? object.metadata.namespace}/${name}`);
}

/** The rollouts that a change of an object concerns; `rolloutsWith` finds them by what they depend on. */
export function concerned(
  name: Watched,
  objects: readonly (KubeObject | undefined)[],
  rolloutsWith: (concern: string) => readonly KubeObject[],
): Set<string> {
  const there = objects.filter((object) => object !== undefined);
  const own = name === "canaryRollouts" ? there.map(keyOf) : [];
  const marked = there.flatMap(marksOf);
  const related = there.flatMap((object) => relations(name, object)).flatMap((relation) => rolloutsWith(relation).map(keyOf));
  return new Set([...own, ...marked, ...related]);
}

function relations(name: Watched, object: KubeObject): string[] {
  const namespace = object.metadata.namespace ?? "";
  switch (name) {
    case "canaryRollouts":
      return concernsOfRollout(object).filter((concern) => concern.startsWith("Deployment/"));
    case "deployments":
      return [`Deployment/${namespace}/${object.metadata.name}`];
    case "replicaSets":
      return (object.metadata.ownerReferences ?? []).map((owner) => `Deployment/${namespace}/${owner.name}`);
    case "services":
      return [`Service/${namespace}/${object.metadata.name}`];
    case "endpointSlices":
      return [`Service/${namespace}/${object.metadata.labels?.[SERVICE_NAME] ?? ""}`];
    case "httpRoutes":
    case "grpcRoutes":
      return parentsOfRoute(object).map((parent) => `Service/${parent}`);
    case "horizontalPodAutoscalers":
    case "verticalPodAutoscalers":
      return [scaledBy(object)].flatMap((target) => (target === undefined ? [] : [`Deployment/${namespace}/${target}`]));
    default:
      return name satisfies never;
  }
}

/** Name of the Deployment that an autoscaler of either kind is for. */
function scaledBy(object: KubeObject): string | undefined {
  const { scaleTargetRef, targetRef } = object["spec"] as HorizontalPodAutoscaler["spec"] & VerticalPodAutoscaler["spec"];
  const target: ScaleTarget | undefined = scaleTargetRef ?? targetRef;
  return target?.kind === "Deployment" ? target.name : undefined;
}
