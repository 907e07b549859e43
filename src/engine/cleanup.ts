/**
 * Taking a release apart after its weight is 0: the trial to size 0, its endpoints gone, the route away, the pins off,
 * both Services deleted. One step further at every reconcile; `done` when nothing is left.
 */

import { RESOURCES, type ReplicaSet } from "../domain/kube.ts";
import { addressesOf, readyAddresses } from "../traffic/endpoints.ts";
import { availableCount, podsOf } from "../workload/sets.ts";
import { replicasOf } from "../workload/size.ts";
import { millis } from "./judgement.ts";
import type { Scene } from "./scene.ts";
import type { Action } from "./types.ts";
import { deleteAction, pin, resize } from "./writes.ts";

export interface Cleanup {
  readonly actions: readonly Action[];
  readonly done: boolean;
}

const QUIET_MS = 10_000;
/** After an outage Kubernetes' controllers come back within half a minute. */
const LATE_ENDPOINTS_MS = 60_000;

/**
 * Requests on their way are answered before the trial's pods go: so long after the decision, while there is a route; longer where without
 * it the apex would still lead elsewhere than to stable.
 */
export function quietAt(scene: Scene): number | undefined {
  const { o, stable, canary, now } = scene;
  const decided = millis(canary?.decidedAt);
  if (o.route === undefined || decided === undefined) {
    return undefined;
  }
  const answers = stable === undefined || apexAnswers(scene, stable);
  const until = decided + (answers ? QUIET_MS : LATE_ENDPOINTS_MS);
  return now >= until ? undefined : Math.min(until, now + QUIET_MS);
}

/**
 * Without the route all requests go to the apex. Its endpoints follow the pin when Kubernetes gets to it, which after an outage of the API
 * server may take half a minute: until then they are the pods that it led to before.
 */
export function apexAnswers({ o, names }: Scene, set: ReplicaSet): boolean {
  const answering = addressesOf(readyAddresses(o.slices, names.apex), podsOf(set, o.pods ?? []));
  return answering.length >= availableCount(set);
}

/** `trial`: kept at size 0, so that a rejected template is recognised, or deleted. */
export function cleanUp(scene: Scene, keepTrial: boolean): Cleanup {
  const emptied = emptyTrials(scene);
  if (emptied.length > 0) {
    return { actions: emptied, done: false };
  }
  if (readyAddresses(scene.o.slices, scene.names.canary).length > 0 && scene.o.services.canary !== undefined && trialsHavePods(scene)) {
    return { actions: [], done: false };
  }
  const actions = [...dismantle(scene), ...(keepTrial ? [] : deleteTrials(scene))];
  return { actions, done: actions.length === 0 };
}

/** Route first: without it traffic goes to the apex, which is still pinned. Then the pin, then the Services. */
export function dismantle(scene: Scene): readonly Action[] {
  const { o, kind, names } = scene;
  const { apex, stable, canary } = o.services;
  return [
    ...(o.route ? [deleteAction(kind.resource, o.route, "the release is over")] : []),
    ...(apex ? pin(apex, null, `${names.apex} selects all its pods again`) : []),
    ...[stable, canary].flatMap((service) => (service ? [deleteAction(RESOURCES.services, service, "the release is over")] : [])),
  ];
}

function allTrials(scene: Scene) {
  return [...(scene.trial ? [scene.trial] : []), ...scene.oldTrials];
}

function emptyTrials(scene: Scene): readonly Action[] {
  return allTrials(scene)
    .filter((set) => replicasOf(set) > 0)
    .map((set) => resize(scene, set, 0, "the trial is over"));
}

function trialsHavePods(scene: Scene): boolean {
  return allTrials(scene).some((set) => (set.status?.replicas ?? 0) > 0);
}

export function deleteTrials(scene: Scene): readonly Action[] {
  return allTrials(scene).map((set) => deleteAction(RESOURCES.replicaSets, set, "the trial is over"));
}
