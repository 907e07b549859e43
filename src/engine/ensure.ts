/**
 * The objects that an open release needs, in the order in which they are safe to make: mark, pin, the two Services, the
 * trial. Each is looked at afresh, so a release that was interrupted anywhere, or lost one of them, goes on from there.
 */
import { RESOURCES, type ReplicaSet } from "../domain/kube.ts";
import { trialReplicaSet, versionService } from "../workload/build.ts";
import { hashOf, pinOf } from "../workload/selector.ts";
import { emptyTwins } from "../workload/sets.ts";
import { mayReassert } from "./reverts.ts";
import type { Scene } from "./scene.ts";
import type { Action } from "./types.ts";
import { deleteAction, markRelease, pin } from "./writes.ts";

export function ensureRelease(scene: Scene): readonly Action[] {
  const { revision, stableHash } = scene;
  if (revision === undefined || stableHash === undefined) {
    return [];
  }
  return [
    ...markRelease(scene, revision, "a release runs"),
    ...(isApexPinned(scene) || !mayReassert(scene, "selector") ? [] : ensureApexPin(scene, stableHash)),
    ...ensureService(scene, "stable", stableHash),
    ...ensureService(scene, "canary", revision),
    ...ensureTrial(scene, revision),
  ];
}

/** To stable; before the hand-over, at 100 %, the pin moves to the tried pods and may stay there. */
export function isApexPinned({ o, stableHash, revision, actual }: Scene): boolean {
  const hash = pinOf(o.services.apex);
  return hash !== undefined && (hash === stableHash || (hash === revision && actual === 100));
}

export function ensureApexPin(scene: Scene, hash: string): readonly Action[] {
  const apex = scene.o.services.apex;
  return apex === undefined ? [] : pin(apex, hash, `pin ${apex.metadata.name} to ${hash}`);
}

/** The pin moves to the tried pods before the hand-over, which may yet be refused: then back, before the route goes. */
export function pinBack(scene: Scene): readonly Action[] {
  const { o, stableHash } = scene;
  return stableHash === undefined || pinOf(o.services.apex) === undefined ? [] : ensureApexPin(scene, stableHash);
}

function ensureService(scene: Scene, role: "stable" | "canary", hash: string): readonly Action[] {
  const { apex } = scene.o.services;
  const service = scene.o.services[role];
  if (apex === undefined) {
    return [];
  }
  if (service !== undefined) {
    const free = role === "stable" || canarySelectorIsFree(scene);
    return pinOf(service) === hash || !free ? [] : pin(service, hash, `select ${hash}`);
  }
  const { name, namespace, uid = "" } = scene.o.rollout.metadata;
  const object = versionService({ rollout: { name, namespace: namespace ?? "", uid }, apex, role, hash });
  return [{ type: "create", resource: RESOURCES.services, object, why: `a Service for ${role}` }];
}

const QUIET_MS = 10_000;

/** The canary's Service may select other pods only at weight 0, after a scrape without a canary request or 10 s of it. */
function canarySelectorIsFree(scene: Scene): boolean {
  const { canary, actual, now, o } = scene;
  if (actual > 0 || canary === undefined) {
    return false;
  }
  const started = Date.parse(canary.startedAt);
  const quiet = o.samples.scrapes.some((scrape) => scrape.at - scrape.seconds * 1000 >= started && scrape.canary.requests === 0);
  return o.route === undefined || quiet || now >= started + QUIET_MS;
}

export function selectorFreeAt(scene: Scene): number | undefined {
  return scene.canary && Date.parse(scene.canary.startedAt) + QUIET_MS;
}

/** Kubernetes takes the oldest equal set for the new one, so empty twins go first. */
export function deleteTwins(scene: Scene): readonly Action[] {
  const { o } = scene;
  if (o.deployment === undefined) {
    return [];
  }
  return emptyTwins(o.deployment, o.sets, o.deployment.spec.template).map((twin) => {
    const { uid, resourceVersion } = twin.metadata;
    return {
      type: "delete",
      resource: RESOURCES.replicaSets,
      name: twin.metadata.name,
      options: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) },
      why: `an empty twin of ${hashOf(twin)}: Kubernetes would take it for the new set`,
    };
  });
}

/** A rejected template is recognised by its empty trial, and the trial carries the copy of stable: it is made anew too. */
export function keepTrial(scene: Scene, revision: string): readonly Action[] {
  return ensureTrial(scene, revision, 0, `keep ${revision} in mind`);
}

/** An empty set in the place of an empty one that admission changed. */
export function renewTrial(scene: Scene, trial: ReplicaSet): readonly Action[] {
  const why = `is ${hashOf(trial)} left as it is now?`;
  const made = ensureTrial({ ...scene, trial: undefined }, hashOf(trial) ?? "", 0, why);
  return made.length === 0 ? [] : [deleteAction(RESOURCES.replicaSets, trial, why), ...made];
}

function ensureTrial(scene: Scene, revision: string, size = 1, why = `try ${revision} with one pod`): readonly Action[] {
  const { o, trial, stable, now, names } = scene;
  if (trial !== undefined || o.deployment === undefined || stable === undefined) {
    return [];
  }
  const object = trialReplicaSet({ rolloutName: names.rollout, deployment: o.deployment, stableSet: stable, revision, size, now });
  return [...deleteTwins(scene), { type: "create", resource: RESOURCES.replicaSets, object, why }];
}

/** Trials of other revisions, once the canary's Service no longer selects them. */
export function dropOldTrials(scene: Scene): readonly Action[] {
  const selected = pinOf(scene.o.services.canary);
  return scene.oldTrials
    .filter((set) => hashOf(set) !== selected)
    .map((set) => deleteAction(RESOURCES.replicaSets, set, `the trial of ${hashOf(set)} is superseded`));
}
