/**
 * What must be true when everything has been quiet for long: a release is over, or says what it waits for; nothing of it is
 * left where it is over; users have a version that was allowed to them; nothing of theirs was changed.
 */
import { type Deployment, RESOURCES, type ReplicaSet, type Service } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { sameTemplate } from "../../workload/template.ts";
import { NAMESPACE, type World } from "../world/world.ts";
import { APP } from "./cast.ts";
import type { Stage } from "./deeds.ts";
import type { Plot } from "./draw.ts";

/** What fails three requests in ten is promoted only where a person or the spec asked for it unproved. */
export function wronglyPromoted({ happenings, spec }: Plot, images: readonly string[]): string[] {
  const asked = happenings.some(({ deed }) => deed.kind === "intent" && deed.intent === "promote");
  const specs = JSON.stringify([spec, ...happenings.map(({ deed }) => (deed.kind === "edit" ? deed.spec : {}))]);
  return images.includes("v4-bad") && !asked && !specs.includes('"Advance"') ? ["v4-bad was promoted"] : [];
}

export function wrongEndings({ world, policies }: Stage): string[] {
  const rollout = world.store.find(RESOURCES.canaryRollouts, NAMESPACE, APP) as RolloutObject | undefined;
  const deployment = world.store.find(RESOURCES.deployments, NAMESPACE, APP) as Deployment | undefined;
  const left = leftoversOf(world);
  if (rollout === undefined) {
    return [...left.map((what) => `the rollout is gone, left: ${what}`), ...thawed(deployment)];
  }
  if (rollout.metadata.deletionTimestamp !== undefined) {
    return [`still terminating: ${rollout.status?.message}`];
  }
  const lost = rollout.status?.conditions?.some(({ reason }) => reason === "StableLost") === true;
  const wrong = deployment === undefined ? [] : [...kept(deployment), ...(lost ? [] : serving(world, deployment))];
  return [...wrong, ...byPhase(rollout, deployment, left), ...rests(rollout, deployment, policies.inForce)];
}

function byPhase({ status }: RolloutObject, deployment: Deployment | undefined, left: readonly string[]): string[] {
  const phase = status?.phase ?? "none";
  const stalled = status?.conditions?.find(({ type }) => type === "Stalled")?.reason;
  switch (phase) {
    case "Ready":
      return [...left.map((what) => `Ready, left: ${what}`), ...(deployment === undefined ? ["Ready without a Deployment"] : [])];
    case "RolledBack":
      return left.filter((what) => what !== "empty trial").map((what) => `RolledBack, left: ${what}`);
    case "Paused":
      return [];
    case "Stalled":
      return stalled === undefined ? ["Stalled without a condition"] : [];
    default:
      return [`long after still ${phase}: ${status?.message}`];
  }
}

/** Between releases the Deployment is an ordinary one where the API server freezes on change, and frozen for good elsewhere. */
function rests({ status, ...rollout }: RolloutObject, deployment: Deployment | undefined, inForce: boolean): string[] {
  if (status?.phase !== "Ready" || deployment === undefined) {
    return [];
  }
  const { strategy } = rollout["spec"] as { strategy?: { freeze?: string } };
  const freezesOnChange = inForce && strategy?.freeze !== "Always";
  const { paused = false, progressDeadlineSeconds: deadline } = deployment.spec;
  const marks = Object.keys(deployment.metadata.annotations ?? {});
  const odd = ["serin.dev/release", "serin.dev/resume", "serin.dev/resume-refused", "serin.dev/frozen"].filter((mark) =>
    marks.includes(mark),
  );
  return [
    ...(paused === freezesOnChange ? [`Ready, and the Deployment is ${paused ? "" : "not "}paused`] : []),
    ...(paused === (deadline === 600) ? [`Ready, and the Deployment's deadline is ${deadline}`] : []),
    ...odd.map((mark) => `Ready, mark ${mark} is left`),
  ];
}

function leftoversOf(world: World): string[] {
  const { store } = world;
  const services = store.list(RESOURCES.services, { namespace: NAMESPACE }).items as readonly Service[];
  const sets = store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  return [
    ...services.filter(({ metadata }) => metadata.name !== APP).map(({ metadata }) => `Service ${metadata.name}`),
    ...services.filter(({ spec }) => spec.selector?.["pod-template-hash"] !== undefined).map(({ metadata }) => `pin of ${metadata.name}`),
    ...store.list(RESOURCES.httpRoutes, { namespace: NAMESPACE }).items.map(({ metadata }) => `route ${metadata.name}`),
    ...sets
      .filter(({ metadata }) => metadata.labels?.["serin.dev/role"] === "trial")
      .map(({ spec }) => (spec.replicas === 0 ? "empty trial" : "trial with pods")),
  ];
}

/** Nothing of the user's own is lost or changed. */
function kept({ metadata, spec }: Deployment): string[] {
  const mine = metadata.annotations?.["example.org/owner"] === "shop" && metadata.labels?.["team"] === "shop";
  const selector = spec.selector.matchLabels?.["app"] === APP;
  return mine && selector ? [] : ["the user's own labels or annotations changed"];
}

/** As many pods as are wanted stand behind the Service that clients call, whether they work or not. */
function serving(world: World, deployment: Deployment): string[] {
  const apex = world.store.find(RESOURCES.services, NAMESPACE, APP) as Service | undefined;
  if (apex === undefined) {
    return [];
  }
  const selected = world.store.list(RESOURCES.pods, {
    namespace: NAMESPACE,
    labelSelector: { matchLabels: apex.spec.selector ?? {} },
  }).items;
  const living = selected.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
  const wanted = deployment.spec.replicas ?? 1;
  return living < wanted ? [`${living} pods behind the apex Service, ${wanted} wanted`] : [];
}

/** Given back: it rolls by itself, or says why not. */
function thawed(deployment: Deployment | undefined): string[] {
  const marks = Object.keys(deployment?.metadata.annotations ?? {}).filter((name) => name.startsWith("serin.dev/"));
  const known = new Set([
    "serin.dev/frozen",
    "serin.dev/original",
    "serin.dev/promote",
    "serin.dev/abort",
    "serin.dev/retry",
    "serin.dev/restart",
  ]);
  const odd = marks.filter((name) => !known.has(name)).map((name) => `the rollout is gone, mark ${name} is left`);
  const frozen = deployment?.spec.paused === true && deployment.metadata.annotations?.["serin.dev/frozen"] === undefined;
  return [...odd, ...(frozen ? ["the rollout is gone, the Deployment is frozen without a word"] : [])];
}

/** The version that the Deployment asks for has every pod, or another does. */
export function whoServes(world: World): string {
  const sets = world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  const deployment = world.store.find(RESOURCES.deployments, NAMESPACE, APP) as Deployment | undefined;
  return sets
    .filter(({ status }) => (status?.readyReplicas ?? 0) > 0)
    .map(({ spec, status }) => {
      const image = spec.template.spec.containers[0]?.image;
      const asked = deployment !== undefined && sameTemplate(spec.template, deployment.spec.template);
      return `${image} x${status?.readyReplicas}${asked ? " (asked for)" : ""}`;
    })
    .join(", ");
}
