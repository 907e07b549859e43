/**
 * The facts that every stage of `decide` asks for, derived once from the snapshot: who is stable, who is on trial, what
 * share of the traffic the canary has and may have.
 *
 *   pending   the template that Git asks for differs from the one that runs
 *   open      a release was begun and is not decided
 *   allowed   the weight that the stored status permits (percent)
 *   actual    the weight that stands in the route (percent; 0 without a route)
 */
import { CUT, HANDS_OFF } from "../api/marks.ts";
import type { FreezeMode, Policy, StepPolicy } from "../api/policy.ts";
import type { CanaryRolloutStatus, CanaryStatus } from "../api/status.ts";
import type { Deployment, ReplicaSet } from "../domain/kube.ts";
import { ROUTE_KINDS, type RouteKind } from "../traffic/index.ts";
import { stableCopyOf, versionServiceName } from "../workload/build.ts";
import { revisionOf } from "../workload/revision.ts";
import { hashOf, pinOf } from "../workload/selector.ts";
import { activeSets, controlledSets, isHandedOver, newestOf, newSetOf, trialsOf } from "../workload/sets.ts";
import { replicasOf } from "../workload/size.ts";
import { sameTemplate } from "../workload/template.ts";
import { withoutFuture } from "./set-back.ts";
import type { Observed } from "./types.ts";

export interface Names {
  readonly rollout: string;
  readonly namespace: string;
  readonly apex: string;
  readonly stable: string;
  readonly canary: string;
  readonly route: string;
}

export interface Scene {
  readonly o: Observed;
  readonly now: number;
  readonly status: CanaryRolloutStatus;
  readonly names: Names;
  readonly kind: RouteKind;
  /** Wanted size of the Deployment. */
  readonly replicas: number;
  readonly stable: ReplicaSet | undefined;
  /** The hash that pins stable, also where its set is gone. */
  readonly stableHash: string | undefined;
  /** Revision of the template that the Deployment asks for now. */
  readonly revision: string | undefined;
  readonly pending: boolean;
  /** The set on trial for `revision`, before its hand-over. */
  readonly trial: ReplicaSet | undefined;
  /** Sets on trial for other revisions. */
  readonly oldTrials: readonly ReplicaSet[];
  /** The tried set after the Deployment adopted it, while that release is not closed. */
  readonly adopted: ReplicaSet | undefined;
  readonly canary: CanaryStatus | undefined;
  readonly open: boolean;
  readonly allowed: number;
  readonly actual: number;
  readonly handsOff: boolean;
  /** As the rollout wants it, or as the cluster allows. Where the policy is missing nothing but Always protects. */
  readonly freeze: FreezeMode;
  /** Value of the cut mark on the route. */
  readonly cutMark: string | undefined;
}

export function sceneOf(o: Observed): Scene {
  const status = withoutFuture(o.rollout.status ?? {}, o.now, o.samples.scrapes);
  const names = namesOf(o, status);
  const kind = ROUTE_KINDS.HTTPRoute;
  const deployment = o.deployment;
  const trials = trialsOf(names.rollout, o.sets);
  const revision = deployment && revisionOf(deployment.spec.template);
  const stable = deployment && stableSet(o, status, deployment, trials, revision);
  const canary = status.canary;
  return {
    o,
    now: o.now,
    status,
    names,
    kind,
    replicas: deployment?.spec.replicas ?? 1,
    stable,
    stableHash: (stable && hashOf(stable)) ?? status.stable?.podTemplateHash,
    revision,
    pending: deployment !== undefined && stable !== undefined && !sameTemplate(deployment.spec.template, stable.spec.template),
    trial: trials.find((set) => hashOf(set) === revision),
    oldTrials: trials.filter((set) => hashOf(set) !== revision),
    adopted: deployment && adoptedSet(o, deployment, canary),
    canary,
    open: canary !== undefined && canary.outcome === undefined,
    allowed: percentOf(status.traffic?.weight),
    actual: actualPercent(o, names, kind),
    freeze: freezeOf(o),
    handsOff: deployment?.metadata.annotations?.[HANDS_OFF] !== undefined,
    cutMark: o.route?.metadata.annotations?.[CUT],
  };
}

function freezeOf({ spec, freezesOnChange }: Observed): FreezeMode {
  return freezesOnChange ? ((spec.ok ? spec.policy.freeze : undefined) ?? "OnChange") : "Always";
}

/** What is managed now comes first: an edit of `spec.traffic.service` in the middle of a release must not lose the old pins. */
export function namesOf(o: Pick<Observed, "rollout" | "spec">, status: CanaryRolloutStatus): Names {
  const managed = status.managed?.services?.[0];
  const spec = o.rollout["spec"] as { traffic?: { service?: string }; targetRef?: { name?: string } } | undefined;
  const wanted = o.spec.ok ? o.spec.policy.traffic.service : (spec?.traffic?.service ?? spec?.targetRef?.name ?? o.rollout.metadata.name);
  const apex = managed ?? wanted;
  return {
    rollout: o.rollout.metadata.name,
    namespace: o.rollout.metadata.namespace ?? "",
    apex,
    stable: versionServiceName(apex, "stable"),
    canary: versionServiceName(apex, "canary"),
    route: status.managed?.route ?? o.rollout.metadata.name,
  };
}

/**
 * Status knows stable by its hash (where Kubernetes made the set anew, by its template); without a status the trial does (it
 * carries a copy); without a trial it is the one set that the Deployment runs.
 */
function stableSet(
  o: Observed,
  status: CanaryRolloutStatus,
  deployment: Deployment,
  trials: readonly ReplicaSet[],
  revision: string | undefined,
): ReplicaSet | undefined {
  const controlled = controlledSets(deployment, o.sets);
  if (status.stable?.podTemplateHash !== undefined) {
    const { podTemplateHash: hash, revision: known } = status.stable;
    return controlled.find((set) => hashOf(set) === hash) ?? (known === revision ? newSetOf(deployment, o.sets) : undefined);
  }
  const remembered = trials.map((trial) => stableCopyOf(trial)?.name).find((name) => name !== undefined);
  if (remembered !== undefined) {
    return controlled.find((set) => set.metadata.name === remembered);
  }
  const active = activeSets(controlled);
  if (active.length === 1) {
    return active[0];
  }
  if (active.length > 0) {
    return undefined;
  }
  const own = controlled.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  // Left frozen and scaled to nothing: the newest that Kubernetes numbered is what would run.
  return own ?? (deployment.spec.paused === true && deployment.spec.replicas === 0 ? newestOf(controlled) : undefined);
}

/** An empty set of the same template from an older release looks like it, but for its size and the pin, which moves first. */
function adoptedSet(o: Observed, deployment: Deployment, canary: CanaryStatus | undefined): ReplicaSet | undefined {
  if (canary === undefined || canary.outcome !== undefined) {
    return undefined;
  }
  const set = o.sets.find((candidate) => hashOf(candidate) === canary.revision && isHandedOver(deployment, candidate));
  const pinned = o.services.apex !== undefined && pinOf(o.services.apex) === canary.revision;
  return set !== undefined && (pinned || replicasOf(set) > 0 || replicasOf(deployment) === 0) ? set : undefined;
}

function actualPercent(o: Observed, names: Names, kind: RouteKind): number {
  if (o.route === undefined) {
    return 0;
  }
  const read = kind.read(o.route, names);
  return read.ok ? read.percent : 0;
}

/** `"20%"` as 20; absent as 0. */
export function percentOf(weight: string | undefined): number {
  return weight === undefined ? 0 : Number.parseFloat(weight);
}

/** The ladder with the bake as its last rung: nothing follows it but the hand-over. */
export function ladderOf(policy: Policy): readonly StepPolicy[] {
  const bake: StepPolicy = {
    weight: 100,
    minDurationMs: policy.bakeMs,
    maxDurationMs: BAKE_MAX_MS,
    onInconclusive: "Hold",
    approval: false,
  };
  return [...policy.steps, bake];
}

/** `3/4`, or `bake`. */
export function positionOf(policy: Policy, index: number): string {
  return index >= policy.steps.length ? "bake" : `${index + 1}/${policy.steps.length}`;
}

const BAKE_MAX_MS = 30 * 60_000;

/** The port of the apex that is split. Preflight has refused more than one without a choice. */
export function portOf(scene: Scene): number {
  const { o } = scene;
  const chosen = o.spec.ok ? o.spec.policy.traffic.port : undefined;
  return chosen ?? o.services.apex?.spec.ports?.[0]?.port ?? 80;
}
