/**
 * What is left to do to give everything back, in the order in which it is safe, from what is seen now. Pure: whoever is
 * stopped between any two steps looks again and goes on.
 *
 *   back      hands off; frozen; requests to stable; trial emptied; route, pin, Services, trial away; thawed where the
 *             template is what runs, else left frozen: the untried is never shipped
 *   forward   hands off; pin, route, Services, trials away; thawed: Kubernetes takes the old pods away by itself
 *
 * The hands-off mark comes first: a running controller writes nothing once it has seen it, and would undo the rest before.
 */
import { FROZE, FROZEN, HANDS_OFF, ORIGINAL, RELEASE, RESTORE, RESUME, RESUME_REFUSED, ROLLOUT } from "../../api/marks.ts";
import { type Deployment, type KubeObject, RESOURCES, type ReplicaSet, type Resource, type Route } from "../../domain/kube.ts";
import { ROUTE_KINDS, type RouteKind, weightsOf } from "../../traffic/index.ts";
import { restoredStableSet, versionServiceName } from "../../workload/build.ts";
import { keepFrozenPatch, pinPatch, unfreezePatch } from "../../workload/patches.ts";
import { hashOf, pinOf } from "../../workload/selector.ts";
import { availableCount } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { strayMarks } from "../../workload/stray-marks.ts";
import { sameTemplate } from "../../workload/template.ts";
import { adopterOf, type Snapshot } from "./snapshot.ts";
import type { EjectStep } from "./step.ts";

export interface EjectChoice {
  /** Let Kubernetes roll out the template although it was never released. */
  readonly ship: boolean;
  /** No controller will be there: finalizers go everywhere, or they would hold namespaces for ever. */
  readonly forGood?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const SETTLE_MS = 2000;

export function nextEjectStep(snapshot: Snapshot, choice: EjectChoice): EjectStep | undefined {
  return ejectSteps(snapshot, choice)[0];
}

export function ejectSteps(snapshot: Snapshot, choice: EjectChoice): EjectStep[] {
  const way = snapshot.forward ? forward(snapshot) : back(snapshot);
  return [...handsOff(snapshot, choice), ...way, ...release(snapshot, choice), ...unmarkSets(snapshot, choice), ...letGo(snapshot, choice)];
}

/** Is the template that the Deployment asks for the one that runs? */
export function runsItsTemplate({ deployment, stable, forward }: Snapshot): boolean {
  if (deployment === undefined || forward) return true;
  return stable !== undefined && sameTemplate(deployment.spec.template, stable.spec.template);
}

function back(snapshot: Snapshot): EjectStep[] {
  return [
    ...freeze(snapshot),
    ...rescueStable(snapshot),
    ...allToStable(snapshot),
    ...pinsToStable(snapshot),
    ...dropUntried(snapshot),
    ...emptyTrials(snapshot),
    ...waitForTrials(snapshot),
    ...snapshot.routes.map((route) => deletion(routeKindOf(route).resource, route, `${route.kind} ${route.metadata.name} away`)),
    ...pinsOff(snapshot),
    ...servicesAway(snapshot),
    ...trialsAway(snapshot),
  ];
}

function forward(snapshot: Snapshot): EjectStep[] {
  return [
    ...pinsOff(snapshot, SETTLE_MS),
    ...snapshot.routes.map((route) =>
      deletion(routeKindOf(route).resource, route, `${route.kind} ${route.metadata.name} away: the new pods answer`),
    ),
    ...emptyTrials(snapshot),
    ...waitForTrials(snapshot),
    ...servicesAway(snapshot),
    ...trialsAway(snapshot),
  ];
}

function handsOff({ deployment }: Snapshot, { now }: EjectChoice): EjectStep[] {
  if (deployment === undefined || deployment.metadata.annotations?.[HANDS_OFF] !== undefined) return [];
  const patch = { metadata: { annotations: { [HANDS_OFF]: new Date(now).toISOString() } } };
  return [merge(RESOURCES.deployments, deployment, patch, "hands off: from here on no controller writes anything")];
}

/** Somebody resumed it: Kubernetes is replacing the pods by untried ones. */
function freeze(snapshot: Snapshot): EjectStep[] {
  const { deployment, stable } = snapshot;
  if (deployment === undefined || stable === undefined || !isAdopted(deployment)) return [];
  if (deployment.spec.paused === true || runsItsTemplate(snapshot)) return [];
  return [
    merge(
      RESOURCES.deployments,
      deployment,
      { spec: { paused: true } },
      `Deployment ${deployment.metadata.name} frozen: its template is untried`,
    ),
  ];
}

/** A paused Deployment never makes its old set again. */
function rescueStable({ deployment, rescue }: Snapshot): EjectStep[] {
  const copy = deployment && rescue && restoredStableSet(rescue, deployment);
  if (copy === undefined) return [];
  const title = `ReplicaSet ${copy.metadata.name} put back: stable's set was deleted`;
  return [{ type: "create", title, resource: RESOURCES.replicaSets, object: copy }];
}

function allToStable({ routes, stable, trials }: Snapshot): EjectStep[] {
  return routes.flatMap((route): EjectStep[] => {
    const kind = routeKindOf(route);
    const backends = backendsOf(route);
    const { name } = route.metadata;
    const read = backends && kind.read(route, backends);
    if (backends === undefined || read === undefined || !read.ok) {
      return [deletion(kind.resource, route, `${route.kind} ${name} away: somebody changed it beyond reading`)];
    }
    if (read.percent === 0) return [];
    const operations = kind.write(route, backends, weightsOf(0));
    const title = `all requests to stable: ${route.kind} ${name} to 100/0`;
    const cut: EjectStep = { type: "jsonPatch", title, resource: kind.resource, name, operations, pauseMs: SETTLE_MS };
    // To a version without one pod everything would fail, while the trial answers.
    const isDown =
      stable !== undefined && replicasOf(stable) > 0 && availableCount(stable) === 0 && trials.some((set) => availableCount(set) > 0);
    return isDown ? [{ type: "wait", title: "stable has no ready pod yet", until: { ready: stable.metadata.name } }, cut] : [cut];
  });
}

/** The last step before a hand-over moves the pin to the tried pods, which are about to go. */
function pinsToStable({ pinned, stable }: Snapshot): EjectStep[] {
  const hash = stable && hashOf(stable);
  if (hash === undefined) return [];
  const elsewhere = pinned.filter((service) => pinOf(service) !== hash);
  return elsewhere.map((service) => ({
    ...merge(RESOURCES.services, service, pinPatch(service, hash), `Service ${service.metadata.name} selects stable's pods`),
    pauseMs: SETTLE_MS,
  }));
}

/** What Kubernetes made of the untried template while the Deployment was resumed; stable then returns to its size. */
function dropUntried({ deployment, wanted, stable }: Snapshot): EjectStep[] {
  if (deployment === undefined || !isAdopted(deployment) || wanted === undefined || stable === undefined || wanted === stable) return [];
  if (replicasOf(wanted) === 0) return [];
  return [deletion(RESOURCES.replicaSets, wanted, `ReplicaSet ${wanted.metadata.name} away: Kubernetes made it of the untried template`)];
}

function emptyTrials({ trials }: Snapshot): EjectStep[] {
  return trials
    .filter((set) => replicasOf(set) > 0)
    .map((set) => merge(RESOURCES.replicaSets, set, { spec: { replicas: 0 } }, `trial ${set.metadata.name} to 0 pods`));
}

function waitForTrials({ trials, trialsAlive }: Snapshot): EjectStep[] {
  const hashes = trials.map(hashOf).filter((hash) => hash !== undefined);
  return trialsAlive ? [{ type: "wait", title: "the trial's pods and endpoints go", until: { gone: hashes } }] : [];
}

function pinsOff({ pinned }: Snapshot, pauseMs = 0): EjectStep[] {
  return pinned.map((service) => {
    const { name } = service.metadata;
    const title = `Service ${name} selects all its pods again`;
    return { type: "jsonPatch", title, resource: RESOURCES.services, name, operations: pinPatch(service, null), pauseMs };
  });
}

function servicesAway({ stableService, canaryService }: Snapshot): EjectStep[] {
  const services = [stableService, canaryService].filter((service) => service !== undefined);
  return services.map((service) => deletion(RESOURCES.services, service, `Service ${service.metadata.name} away`));
}

function trialsAway({ trials }: Snapshot): EjectStep[] {
  return trials.map((set) => deletion(RESOURCES.replicaSets, set, `trial ${set.metadata.name} away`));
}

export const WHY_FROZEN = "its template was never released: take it back in Git and eject again, or eject with --ship";

function release(snapshot: Snapshot, { ship, now }: EjectChoice): EjectStep[] {
  const { deployment } = snapshot;
  if (deployment === undefined) return [];
  const { name, annotations = {} } = deployment.metadata;
  const runs = runsItsTemplate(snapshot);
  if (runs || ship) {
    if (![ROLLOUT, RELEASE, ORIGINAL, FROZEN, FROZE, RESUME_REFUSED].some((mark) => annotations[mark] !== undefined)) return [];
    const resume = annotations[RELEASE] === undefined ? {} : { [RESUME]: new Date(now).toISOString() };
    const title = `Deployment ${name} rolls by itself again${runs ? "" : ": its untried template is shipped"}`;
    return [merge(RESOURCES.deployments, deployment, withAnnotations(unfreezePatch(deployment), resume), title, true)];
  }
  const isKept = annotations[FROZEN] === WHY_FROZEN && annotations[RELEASE] === undefined;
  if (!isAdopted(deployment) || (isKept && deployment.spec.paused === true)) return [];
  return [
    merge(RESOURCES.deployments, deployment, keepFrozenPatch(WHY_FROZEN), `Deployment ${name} stays frozen: its template is untried`, true),
  ];
}

/** An undo would bring back what the sets carry. Not those that stay on the Deployment too: Kubernetes would copy them again. */
function unmarkSets(snapshot: Snapshot, { ship }: EjectChoice): EjectStep[] {
  const { deployment, sets } = snapshot;
  if (deployment === undefined || !(ship || runsItsTemplate(snapshot))) return [];
  const freed = { ...deployment, metadata: { ...deployment.metadata, annotations: { [HANDS_OFF]: "", [RESUME]: "" } } };
  return strayMarks(freed, sets).map(({ set, patch }) =>
    merge(RESOURCES.replicaSets, set, patch, `ReplicaSet ${set.metadata.name} without marks that an undo would bring back`),
  );
}

/**
 * Nothing is left that a deletion of the CanaryRollout would have to undo. A Deployment that stays frozen stays adopted,
 * so there the finalizer goes only with its CanaryRollout.
 */
function letGo(snapshot: Snapshot, { ship, forGood = false }: EjectChoice): EjectStep[] {
  const { rollout } = snapshot;
  const finalizers = rollout?.metadata.finalizers ?? [];
  if (rollout === undefined || !finalizers.includes(RESTORE)) return [];
  if (!forGood && !ship && !runsItsTemplate(snapshot) && rollout.metadata.deletionTimestamp === undefined) return [];
  const patch = { metadata: { finalizers: finalizers.filter((one) => one !== RESTORE) } };
  return [
    merge(RESOURCES.canaryRollouts, rollout, patch, `CanaryRollout ${rollout.metadata.name} can be deleted without a controller`, true),
  ];
}

function isAdopted(deployment: Deployment): boolean {
  return adopterOf(deployment) !== undefined;
}

export function routeKindOf(route: Route): RouteKind {
  return Object.values<RouteKind>(ROUTE_KINDS).find(({ kind }) => kind === route.kind) ?? ROUTE_KINDS.HTTPRoute;
}

/** A created route has one parent, the apex. */
function backendsOf(route: Route): { readonly stable: string; readonly canary: string } | undefined {
  const apex = route.spec.parentRefs?.[0]?.name;
  return apex === undefined ? undefined : { stable: versionServiceName(apex, "stable"), canary: versionServiceName(apex, "canary") };
}

function withAnnotations(patch: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string>>): object {
  const { annotations } = patch["metadata"] as { annotations: object };
  return { ...patch, metadata: { annotations: { ...annotations, ...more } } };
}

function merge(resource: Resource, object: KubeObject, patch: object, title: string, guarded = false): EjectStep {
  const { name, resourceVersion } = object.metadata;
  return { type: "mergePatch", title, resource, name, patch, resourceVersion: guarded ? resourceVersion : undefined };
}

function deletion(resource: Resource, object: KubeObject | ReplicaSet, title: string): EjectStep {
  return { type: "delete", title, resource, name: object.metadata.name, uid: object.metadata.uid };
}
