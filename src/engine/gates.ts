/**
 * What must hold before the canary's weight may rise, each gate named by what it waits for. A gate answers nothing when
 * it is open; else what it waits for, and the writes that bring it about.
 */

import { POD_TEMPLATE_HASH } from "../api/marks.ts";
import type { Policy } from "../api/policy.ts";
import { REASON } from "../api/reasons.ts";
import { addressesOf, readyAddresses } from "../traffic/endpoints.ts";
import { pinOf } from "../workload/selector.ts";
import { nextSize, trialSize } from "../workload/size.ts";
import { ensureRelease, selectorFreeAt } from "./ensure.ts";
import { firstAnswer } from "./first-answer.ts";
import { neededReady, troubleOf } from "./guards.ts";
import { suspension } from "./intents.ts";
import { lastingFinding } from "./preflight.ts";
import { gitOpsConflict } from "./reverts.ts";
import { portOf, type Scene } from "./scene.ts";
import type { Action } from "./types.ts";
import { resize } from "./writes.ts";

export interface Wait {
  readonly reason: string;
  readonly text: string;
  readonly actions: readonly Action[];
  /** A person must act. */
  readonly stalled?: boolean;
  /** A person holds it: the deadline stands still. */
  readonly paused?: boolean;
  readonly wakeAt?: number | undefined;
}

type Gate = (scene: Scene, policy: Policy, weight: number) => Wait | undefined;

/** The first gate that is closed for a raise to `weight` (percent). */
export function closedGate(scene: Scene, policy: Policy, weight: number): Wait | undefined {
  return firstAnswer(GATES, scene, policy, weight);
}

const GATES: readonly Gate[] = [
  notSuspended,
  noToolPutsThingsBack,
  preflightIsClean,
  objectsAreThere,
  trialIsLargeEnough,
  canaryServiceSelectsTheTrial,
  endpointsAreReady,
  stableIsReady,
  routeIsAccepted,
  metricsAnswer,
];

function waitFor(text: string, actions: readonly Action[] = [], reason: string = REASON.Progressing): Wait {
  return { reason, text, actions };
}

function notSuspended(scene: Scene): Wait | undefined {
  const why = suspension(scene.o);
  return why === undefined ? undefined : { reason: REASON.Suspended, text: `suspended: ${why}`, actions: [], paused: true };
}

function noToolPutsThingsBack(scene: Scene): Wait | undefined {
  const conflict = gitOpsConflict(scene);
  return conflict && { reason: REASON.GitOpsConflict, text: conflict.message, actions: [], wakeAt: conflict.until };
}

function preflightIsClean(scene: Scene, policy: Policy): Wait | undefined {
  const finding = lastingFinding(scene, policy);
  return finding && { reason: finding.reason, text: finding.message, actions: [], stalled: true };
}

function objectsAreThere(scene: Scene): Wait | undefined {
  const missing = ensureRelease(scene);
  return missing.length === 0 ? undefined : waitFor("making the Services and the trial", missing);
}

function trialIsLargeEnough(scene: Scene, policy: Policy, weight: number): Wait | undefined {
  const { trial, replicas } = scene;
  const target = trialSize(replicas, weight, policy.canary.replicas);
  const size = trial?.spec.replicas ?? 0;
  const available = trial?.status?.availableReplicas ?? 0;
  if (trial === undefined || (size >= target && available >= target - policy.maxUnready)) {
    return undefined;
  }
  const trouble = troubleOf(scene);
  const text = `${available} of ${target} canary pods available${trouble === undefined ? "" : `: ${trouble}`}`;
  return waitFor(text, growth(scene, policy, weight));
}

function canaryServiceSelectsTheTrial(scene: Scene): Wait | undefined {
  return pinOf(scene.o.services.canary) === scene.revision
    ? undefined
    : { ...waitFor("waiting for quiet before the canary's Service selects the new pods"), wakeAt: selectorFreeAt(scene) };
}

/** By address, in the EndpointSlices: a Service without endpoints fails its whole share. */
function endpointsAreReady(scene: Scene, policy: Policy, weight: number): Wait | undefined {
  const { o, names, replicas } = scene;
  const pods = (o.pods ?? []).filter((pod) => pod.metadata.labels?.[POD_TEMPLATE_HASH] === scene.revision);
  const canary = addressesOf(readyAddresses(o.slices, names.canary), pods).length;
  const needed = Math.max(1, trialSize(replicas, weight, policy.canary.replicas) - policy.maxUnready);
  if (canary < needed) {
    return waitFor(`${canary} of ${needed} canary endpoints ready`);
  }
  const stable = readyAddresses(o.slices, names.stable).length;
  return weight < 100 && stable === 0 ? waitFor("waiting for stable's endpoints") : undefined;
}

/** Stable must carry the share that it keeps. */
function stableIsReady(scene: Scene, _policy: Policy, weight: number): Wait | undefined {
  const { stable, replicas } = scene;
  const needed = Math.ceil((replicas * (100 - weight)) / 100);
  const ready = stable?.status?.readyReplicas ?? 0;
  return ready >= needed ? undefined : waitFor(`stable has ${ready} of ${needed} pods ready`, [], REASON.StableNotReady);
}

function routeIsAccepted(scene: Scene): Wait | undefined {
  const { o, kind, names } = scene;
  const apex = o.services.apex;
  if (o.route === undefined) {
    const build = kind.build({
      rollout: { name: names.rollout, namespace: names.namespace, uid: o.rollout.metadata.uid ?? "" },
      name: names.route,
      apex: names.apex,
      port: portOf(scene),
      stable: names.stable,
      canary: names.canary,
      weights: { stable: 100, canary: 0 },
    });
    return waitFor("creating the route at 100/0", [{ type: "create", resource: kind.resource, object: build, why: "a route at 100/0" }]);
  }
  const read = kind.read(o.route, names);
  if (!read.ok) {
    return { reason: read.reason, text: read.message, actions: [], stalled: true };
  }
  const accepted = kind.accepted(o.route, { name: apex?.metadata.name ?? names.apex, namespace: names.namespace, port: portOf(scene) });
  return accepted.ok ? undefined : waitFor(accepted.message, [], accepted.reason);
}

function metricsAnswer(scene: Scene): Wait | undefined {
  const fault = scene.o.samples.fault;
  return fault && waitFor(`metrics: ${fault.message}`, [], REASON.MetricsUnavailable);
}

/** Fewer canary pods ready than the weight in force needs, of those that it once had: growth under weight is no fault. */
export function canaryIsShort(scene: Scene, policy: Policy): boolean {
  const ready = scene.trial?.status?.readyReplicas ?? 0;
  const needed = Math.min(neededReady(scene, policy, scene.allowed), scene.canary?.sized ?? Number.POSITIVE_INFINITY);
  return scene.allowed > 0 && ready < needed - policy.maxUnready;
}

/** What one more batch of canary pods takes on the way to the size that a weight needs; nothing when it has that. */
export function growth(scene: Scene, policy: Policy, weight: number): readonly Action[] {
  const { trial, replicas, o } = scene;
  const size = trial?.spec.replicas ?? 0;
  const target = trialSize(replicas, weight, policy.canary.replicas);
  if (trial === undefined || size >= target) {
    return [];
  }
  const surge = o.deployment?.spec.strategy?.rollingUpdate?.maxSurge;
  const next = nextSize(size, target, trial.status?.availableReplicas ?? 0, replicas, surge, policy.maxUnready);
  return next > size ? [resize(scene, trial, next, `size for ${weight} %`)] : [];
}
