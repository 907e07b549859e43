/**
 * Everything that Serin holds in a cluster, rollout by rollout, with what an eject would do about it. Found by marks and
 * labels, so that a CanaryRollout may be gone, and whatever lost its rollout is found too. Pure.
 */
import { DEPLOYMENT_MARKS, FROZEN, MANAGED_BY, RESTORE } from "../../api/marks.ts";
import type { Deployment, KubeObject } from "../../domain/kube.ts";
import { hashOf, pinOf } from "../../workload/selector.ts";
import { controlledSets } from "../../workload/sets.ts";
import { ejectSteps } from "../eject/plan.ts";
import { adopterOf, type EjectObjects, type Snapshot, snapshotOf } from "../eject/snapshot.ts";
import type { EjectStep } from "../eject/step.ts";

export type Objects = Omit<EjectObjects, "name">;

export interface Hold {
  readonly kind: "pause" | "pin" | "route" | "service" | "trial" | "mark" | "finalizer";
  /** `Deployment checkout` */
  readonly object: string;
  /** What exactly: the version that a pin selects, the name of a mark. */
  readonly detail: string;
}

export interface Item {
  readonly namespace: string;
  /** Of the CanaryRollout, or of the Deployment where there is none. */
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly holds: readonly Hold[];
  /** In the order in which they are safe. */
  readonly steps: readonly EjectStep[];
}

/** By namespace and name. Nothing is said of what is not held. */
export function inventoryOf(objects: Objects, now: number): Item[] {
  return namespacesOf(objects).flatMap((namespace) => {
    const near = within(objects, namespace);
    return namesIn(near).flatMap((name): Item[] => {
      const snapshot = snapshotOf({ name, ...near });
      const holds = holdsOf(snapshot);
      const steps = ejectSteps(snapshot, { ship: false, forGood: true, now });
      return holds.length === 0 && snapshot.rollout === undefined ? [] : [{ namespace, name: snapshot.name, snapshot, holds, steps }];
    });
  });
}

function holdsOf(snapshot: Snapshot): Hold[] {
  const { rollout, deployment, trials, routes, stableService, canaryService, pinned } = snapshot;
  const services = [stableService, canaryService].filter((service) => service !== undefined);
  const isOurs =
    deployment !== undefined && (adopterOf(deployment) !== undefined || deployment.metadata.annotations?.[FROZEN] !== undefined);
  return [
    ...(isOurs && deployment.spec.paused === true ? [hold("pause", deployment, "spec.paused")] : []),
    ...pinned.map((service) => hold("pin", service, `selects ${pinOf(service)} alone`)),
    ...routes.map((route) => hold("route", route, "splits the requests")),
    ...services.map((service) => hold("service", service, `selects ${pinOf(service)}`)),
    ...trials.map((set) => hold("trial", set, `${set.spec.replicas ?? 1} pods`)),
    ...(deployment === undefined ? [] : marksOf(deployment).map((mark) => hold("mark", deployment, mark))),
    ...(rollout?.metadata.finalizers?.includes(RESTORE) ? [hold("finalizer", rollout, RESTORE)] : []),
  ];
}

function hold(kind: Hold["kind"], { kind: objectKind, metadata }: KubeObject, detail: string): Hold {
  return { kind, object: `${objectKind} ${metadata.name}`, detail };
}

function marksOf({ metadata }: Deployment): string[] {
  return DEPLOYMENT_MARKS.filter((mark) => metadata.annotations?.[mark] !== undefined);
}

function namespacesOf(objects: Objects): string[] {
  const all = Object.values(objects).flatMap((list: readonly KubeObject[]) => list);
  return [...new Set(all.map(({ metadata }) => metadata.namespace ?? ""))].toSorted();
}

function within(objects: Objects, namespace: string): Objects {
  const here = <T extends KubeObject>(list: readonly T[]) => list.filter(({ metadata }) => (metadata.namespace ?? "") === namespace);
  const { rollouts, deployments, sets, services, slices, routes } = objects;
  return {
    rollouts: here(rollouts),
    deployments: here(deployments),
    sets: here(sets),
    services: here(services),
    slices: here(slices),
    routes: here(routes),
  };
}

/** Of rollouts; of those that marks and labels speak of; of Deployments that are marked, or pinned to, without one. */
function namesIn(near: Objects): string[] {
  const { rollouts, deployments, sets, services, routes } = near;
  const labelled = [...sets, ...services, ...routes].flatMap(({ metadata }) => metadata.labels?.[MANAGED_BY] ?? []);
  const marked = deployments.filter((deployment) => marksOf(deployment).length > 0).map(subjectOf);
  const names = new Set([...rollouts.map(({ metadata }) => metadata.name), ...labelled, ...marked]);
  const targets = new Set([...names].map((name) => snapshotOf({ name, ...near }).deployment?.metadata.name));
  const pinnedTo = deployments.filter((deployment) => !targets.has(deployment.metadata.name) && isPinnedTo(deployment, near));
  return [...new Set([...names, ...pinnedTo.map(subjectOf)])].toSorted();
}

function subjectOf(deployment: Deployment): string {
  return adopterOf(deployment) ?? deployment.metadata.name;
}

/** Kubernetes' own label in a Service's selector, which people don't write. */
function isPinnedTo(deployment: Deployment, { sets, services }: Objects): boolean {
  const hashes = controlledSets(deployment, sets).map(hashOf);
  return services.some((service) => hashes.includes(pinOf(service) ?? "") && service.metadata.labels?.[MANAGED_BY] === undefined);
}
