/**
 * What an eject works from: everything of one rollout, found by Serin's own marks and labels. The CanaryRollout may be gone
 * or unreadable, and so may any part of a release. Pure.
 *
 *            the hash that a Service or the status names            the template that the Deployment asks for
 *   stable   ------------------------------------------   wanted   -----------------------------------------
 *
 *   forward  the wanted set has the traffic, or is all that has pods: there is no way back to stable
 */
import { isMarked, MANAGED_BY, ROLLOUT, type Role } from "../../api/marks.ts";
import type { Deployment, EndpointSlice, KubeObject, ReplicaSet, Route, Service } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { readyAddresses } from "../../traffic/endpoints.ts";
import { stableCopyOf, versionServiceName } from "../../workload/build.ts";
import { hashOf, pinOf, serviceSelects } from "../../workload/selector.ts";
import { activeSets, availableCount, controlledSets, isHandedOver, trialsOf } from "../../workload/sets.ts";
import { replicasOf } from "../../workload/size.ts";
import { sameTemplate } from "../../workload/template.ts";

/** Lists of one namespace. */
export interface EjectObjects {
  /** Name of the CanaryRollout, or of its Deployment. */
  readonly name: string;
  readonly rollouts: readonly RolloutObject[];
  readonly deployments: readonly Deployment[];
  readonly sets: readonly ReplicaSet[];
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly routes: readonly Route[];
}

export interface Snapshot {
  /** Of the CanaryRollout. */
  readonly name: string;
  readonly rollout: RolloutObject | undefined;
  readonly deployment: Deployment | undefined;
  /** Those that the Deployment controls. */
  readonly sets: readonly ReplicaSet[];
  readonly trials: readonly ReplicaSet[];
  /** The trials' pods are there yet, or their endpoints. */
  readonly trialsAlive: boolean;
  readonly stable: ReplicaSet | undefined;
  /** A trial that carries a copy of the stable set, where that set is gone. */
  readonly rescue: ReplicaSet | undefined;
  /** The Deployment's own set of the template that it asks for. */
  readonly wanted: ReplicaSet | undefined;
  readonly forward: boolean;
  readonly routes: readonly Route[];
  readonly stableService: Service | undefined;
  readonly canaryService: Service | undefined;
  /** Services of the user's that are narrowed to one version. */
  readonly pinned: readonly Service[];
}

export function snapshotOf(objects: EjectObjects): Snapshot {
  const { sets, slices } = objects;
  const { deployment, rollout, name } = pairOf(objects);
  const own = <T extends KubeObject>(all: readonly T[], role: Role) => all.filter(({ metadata }) => isMarked(metadata.labels, name, role));
  const trials = trialsOf(name, sets);
  const routes = own(objects.routes, "route");
  const [stableService] = own(objects.services, "stable-service");
  const [canaryService] = own(objects.services, "canary-service");
  const controlled = deployment === undefined ? [] : controlledSets(deployment, sets);
  const pinned = pinnedServices(objects, { rollout, deployment, routes, stableService, canaryService, trials });
  const known = { trials, stableService, pinned, status: rollout?.status };
  const stable = deployment && stableSetOf(deployment, controlled, known);
  const wanted = deployment && wantedSetOf(deployment, sets);
  const hasEndpoints = canaryService !== undefined && readyAddresses(slices, canaryService.metadata.name).length > 0;
  const hasPods = trials.some((set) => replicasOf(set) > 0 || (set.status?.replicas ?? 0) > 0);
  return {
    name,
    rollout,
    deployment,
    sets: controlled,
    trials,
    trialsAlive: trials.length > 0 && (hasEndpoints || hasPods),
    stable,
    rescue: stable === undefined ? trials.find((set) => stableCopyOf(set) !== undefined) : undefined,
    wanted,
    forward: isForward(stable, wanted, canaryService),
    routes,
    stableService,
    canaryService,
    pinned,
  };
}

/** The CanaryRollout and its Deployment, whichever of the two was named and whichever is left. */
function pairOf({ name, rollouts, deployments }: EjectObjects): Pick<Snapshot, "deployment" | "rollout" | "name"> {
  const byName = deployments.find(({ metadata }) => metadata.name === name);
  const rollout = rollouts.find(
    ({ metadata }) => metadata.name === (rollouts.some((one) => one.metadata.name === name) ? name : adopterOf(byName)),
  );
  const rolloutName = rollout?.metadata.name ?? adopterOf(byName) ?? name;
  // The mark is only true on the Deployment whose uid it names: a copy carries it too.
  const marked = deployments.find((one) => adopterOf(one) === rolloutName);
  const spec = rollout?.["spec"] as { targetRef?: { name?: unknown } } | undefined;
  const target = spec?.targetRef?.name ?? rollout?.status?.managed?.deployment ?? rolloutName;
  return { name: rolloutName, rollout, deployment: marked ?? deployments.find(({ metadata }) => metadata.name === target) };
}

export function adopterOf(deployment: Deployment | undefined): string | undefined {
  const [name, uid] = deployment?.metadata.annotations?.[ROLLOUT]?.split("/") ?? [];
  return uid !== undefined && uid === deployment?.metadata.uid ? name : undefined;
}

interface Known {
  readonly trials: readonly ReplicaSet[];
  readonly stableService: Service | undefined;
  readonly pinned: readonly Service[];
  readonly status: RolloutObject["status"];
}

/** What the version Service selects is what serves; without it the pin, the status, the trial's memory, or what runs alone. */
function stableSetOf(deployment: Deployment, controlled: readonly ReplicaSet[], known: Known): ReplicaSet | undefined {
  const trialHashes = known.trials.map(hashOf);
  const pins = known.pinned.map(pinOf).filter((pin) => !trialHashes.includes(pin));
  const hash = (known.stableService && pinOf(known.stableService)) ?? pins[0] ?? known.status?.stable?.podTemplateHash;
  if (hash !== undefined) return controlled.find((set) => hashOf(set) === hash);
  const remembered = known.trials.map((set) => stableCopyOf(set)?.name).find((name) => name !== undefined);
  if (remembered !== undefined) return controlled.find(({ metadata }) => metadata.name === remembered);
  const active = activeSets(controlled);
  if (active.length > 0) return active.length === 1 ? active[0] : undefined;
  return controlled.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** Also in the moment between the hand-over and Kubernetes' answer to it. */
function wantedSetOf(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const own = [...controlledSets(deployment, sets), ...sets.filter((set) => isHandedOver(deployment, set))];
  return own.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

function isForward(stable: ReplicaSet | undefined, wanted: ReplicaSet | undefined, canaryService: Service | undefined): boolean {
  if (wanted === undefined || wanted === stable) return false;
  // An empty set of this version may be left from long ago; one that was handed over has pods.
  const handedOver = canaryService !== undefined && pinOf(canaryService) === hashOf(wanted) && replicasOf(wanted) > 0;
  return handedOver || (availableCount(stable) === 0 && availableCount(wanted) > 0);
}

/**
 * The apex is known by the route's parent, by the names of the version Services, by the status and by the spec; where all
 * are lost, by what it selects: pods of this Deployment, narrowed to one of its versions.
 */
function pinnedServices(
  { services, sets }: EjectObjects,
  found: Pick<Snapshot, "rollout" | "deployment" | "routes" | "stableService" | "canaryService" | "trials">,
): readonly Service[] {
  const { rollout, deployment, stableService, canaryService } = found;
  const spec = rollout?.["spec"] as { traffic?: { service?: unknown } } | undefined;
  const parents = found.routes.flatMap(({ spec }) => (spec.parentRefs ?? []).map((parent) => parent.name));
  const named = new Set<unknown>([...parents, rollout?.status?.managed?.services?.[0], spec?.traffic?.service]);
  const isApexOf = (apex: string, role: "stable" | "canary", other: Service | undefined) =>
    other !== undefined && versionServiceName(apex, role) === other.metadata.name;
  const versions = [...(deployment === undefined ? [] : controlledSets(deployment, sets)), ...found.trials];
  return services.filter((service) => {
    const pin = pinOf(service);
    const { name, labels } = service.metadata;
    if (pin === undefined || labels?.[MANAGED_BY] !== undefined) return false;
    if (named.has(name) || isApexOf(name, "stable", stableService) || isApexOf(name, "canary", canaryService)) return true;
    return versions.some((set) => hashOf(set) === pin && serviceSelects(service, set.spec.template.metadata?.labels));
  });
}
