/**
 * What the cluster says about one rollout and its release, put together once for every command that tells or waits. Pure.
 *
 *   pending   the template that the Deployment asks for differs from the one that runs
 *   unseen    it does, and the controller's status does not speak of it yet
 */
import { parseRollout } from "../../api/parse-rollout.ts";
import type { Policy } from "../../api/policy.ts";
import type { CanaryRolloutStatus } from "../../api/status.ts";
import type { Deployment, ReplicaSet } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { revisionOf } from "../../workload/revision.ts";
import { hashOf } from "../../workload/selector.ts";
import { controlledSets, trialsOf } from "../../workload/sets.ts";
import { sameTemplate } from "../../workload/template.ts";

/** As read from the cluster. */
export interface ReleaseObjects {
  readonly rollout: RolloutObject;
  readonly deployment: Deployment | undefined;
  /** Of the namespace; only those of this rollout are looked at. */
  readonly sets: readonly ReplicaSet[];
}

export interface Facts {
  readonly name: string;
  readonly namespace: string;
  readonly rollout: RolloutObject;
  readonly status: CanaryRolloutStatus;
  /** The controller has read the spec as it is now. */
  readonly observed: boolean;
  /** undefined: the spec is invalid. */
  readonly policy: Policy | undefined;
  readonly deployment: Deployment | undefined;
  readonly stableSet: ReplicaSet | undefined;
  readonly trialSet: ReplicaSet | undefined;
  /** Of the template that the Deployment asks for. */
  readonly revision: string | undefined;
  readonly pending: boolean;
  readonly unseen: boolean;
  /** A release was begun and is not decided. */
  readonly open: boolean;
  /** It failed under `onFail: Stop`, and waits at weight 0 for a person. */
  readonly stopped: boolean;
  /** CamelCase, why the phase is what it is; "" before the first status. */
  readonly reason: string;
  readonly stalled: boolean;
}

export function factsOf({ rollout, deployment, sets }: ReleaseObjects): Facts {
  const status = rollout.status ?? {};
  const { name, namespace = "", generation = 0 } = rollout.metadata;
  const parsed = parseRollout(rollout);
  const revision = deployment && revisionOf(deployment.spec.template);
  const stableSet = deployment && stableSetOf(deployment, sets, status);
  const { canary } = status;
  const pending = deployment !== undefined && stableSet !== undefined && !sameTemplate(deployment.spec.template, stableSet.spec.template);
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return {
    name,
    namespace,
    rollout,
    status,
    observed: (status.observedGeneration ?? -1) >= generation,
    policy: parsed.ok ? parsed.policy : undefined,
    deployment,
    stableSet,
    trialSet: trialsOf(name, sets).find((set) => hashOf(set) === (canary?.revision ?? revision)) ?? handedOver(deployment, sets, status),
    revision,
    pending,
    unseen: pending && canary?.revision !== revision && !spokenOf(status),
    open: canary !== undefined && canary.outcome === undefined,
    stopped: canary?.outcome === "Stopped" && canary.revision === revision,
    reason: ready?.reason ?? "",
    stalled: status.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") ?? false,
  };
}

/** What is held before its release begins is spoken of without its name. */
function spokenOf({ phase, canary }: CanaryRolloutStatus): boolean {
  const open = canary !== undefined && canary.outcome === undefined;
  return !open && (phase === "Stalled" || phase === "Pending" || phase === "Paused");
}

function stableSetOf(deployment: Deployment, sets: readonly ReplicaSet[], { stable }: CanaryRolloutStatus): ReplicaSet | undefined {
  const hash = stable?.podTemplateHash;
  return hash === undefined ? undefined : controlledSets(deployment, sets).find((set) => hashOf(set) === hash);
}

/** After the hand-over the tried set is one of the Deployment's own. */
function handedOver(
  deployment: Deployment | undefined,
  sets: readonly ReplicaSet[],
  { canary }: CanaryRolloutStatus,
): ReplicaSet | undefined {
  if (deployment === undefined || canary?.revision === undefined) return undefined;
  return controlledSets(deployment, sets).find((set) => hashOf(set) === canary.revision);
}
