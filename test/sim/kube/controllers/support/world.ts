/** A cluster on virtual time: the store, the controllers, and a kubelet whose pods are reports. */
import { type KubeObject, RESOURCES, type Resource, type ResourceName } from "../../../../../src/domain/kube.ts";
import {
  createControllerManager,
  createKubelet,
  createSimulatedRuntime,
  eventTeller,
  type LiveDeployment,
  type LivePod,
  type LiveSet,
  type PodAdmission,
  type PodBehaviour,
} from "../../../../../src/sim/kube/controllers/index.ts";
import { type Change, createStore, type KubeStore } from "../../../../../src/sim/kube/store.ts";
import { createVirtualClock, type VirtualClock } from "../../../../../src/sim/virtual-clock.ts";

export const NAMESPACE = "shop";

export interface World {
  readonly store: KubeStore;
  readonly clock: VirtualClock;
  readonly changes: readonly Change[];
  run(ms: number): void;
  deployment(name: string): LiveDeployment;
  set(name: string): LiveSet;
  sets(): readonly LiveSet[];
  pods(): readonly LivePod[];
  slices(service: string): readonly KubeObject[];
  create(object: KubeObject): KubeObject;
  merge(resource: ResourceName, name: string, body: object): KubeObject;
  json(resource: ResourceName, name: string, body: readonly object[]): KubeObject;
  remove(resource: ResourceName, name: string): void;
}

export interface WorldOptions {
  readonly behaviourOf?: (pod: LivePod) => PodBehaviour;
  readonly admitPod?: PodAdmission;
  readonly stopMs?: (pod: LivePod) => number;
  /** The controllers tell what they did. */
  readonly events?: boolean;
  readonly seed?: number;
}

export function createWorld({
  behaviourOf = () => ({ kind: "ready", afterMs: 700 }),
  admitPod,
  stopMs = () => 600,
  events = false,
  seed = 1,
}: WorldOptions = {}): World {
  const clock = createVirtualClock(Date.UTC(2026, 10, 25, 8, 57, 28));
  const store = createStore({ now: clock.now, seed, namespaces: [NAMESPACE] });
  const changes: Change[] = [];
  store.subscribe((change) => changes.push(change));
  createControllerManager({ store, clock, ...(admitPod && { admitPod }), ...(events && { tell: eventTeller(store, clock) }) });
  createKubelet({ store, clock, runtime: createSimulatedRuntime({ clock, behaviourOf, stopMsOf: stopMs }) });
  const list = (resource: Resource, labels?: Readonly<Record<string, string>>) =>
    store.list(resource, { namespace: NAMESPACE, ...(labels && { labelSelector: { matchLabels: labels } }) }).items;
  return {
    store,
    clock,
    changes,
    run: clock.advance,
    deployment: (name) => store.get(RESOURCES.deployments, NAMESPACE, name) as LiveDeployment,
    set: (name) => store.get(RESOURCES.replicaSets, NAMESPACE, name) as LiveSet,
    sets: () => list(RESOURCES.replicaSets) as readonly LiveSet[],
    pods: () => list(RESOURCES.pods) as readonly LivePod[],
    slices: (service) => list(RESOURCES.endpointSlices, { "kubernetes.io/service-name": service }),
    create(object) {
      const kind = store.kinds.byKind(object.apiVersion, object.kind);
      if (kind === undefined) {
        throw new Error(`unknown kind ${object.kind}`);
      }
      return store.create(kind, NAMESPACE, object);
    },
    merge: (resource, name, body) => store.patch(RESOURCES[resource], NAMESPACE, name, { type: "merge", body }),
    json: (resource, name, body) => store.patch(RESOURCES[resource], NAMESPACE, name, { type: "json", body }),
    remove: (resource, name) => void store.delete(RESOURCES[resource], NAMESPACE, name, { propagation: "Background" }),
  };
}

export interface Asked {
  readonly replicas?: number;
  readonly image?: string;
  readonly name?: string;
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function deployment({ replicas = 3, image = "a:1", name = "web", spec = {}, annotations = {} }: Asked = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, annotations },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "a", image }] } },
      ...spec,
    },
  };
}

export function imageIs(image: string): object {
  return { spec: { template: { spec: { containers: [{ name: "a", image }] } } } };
}

/** A set as Serin makes it for a trial of the Deployment's present template. */
export function trialOf(of: LiveDeployment, hash: string, replicas: number): KubeObject {
  const { template, selector } = of.spec;
  const labels = { ...template.metadata?.labels, "pod-template-hash": hash };
  const { name, uid = "" } = of.metadata;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      labels: { "serin.dev/trial-of": name },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: false }],
    },
    spec: {
      replicas,
      selector: { matchLabels: { ...selector.matchLabels, "pod-template-hash": hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The one patch that hands a trial over to its Deployment. */
export function handOver(set: LiveSet, size: number, maxReplicas: number): readonly object[] {
  return [
    { op: "test", path: "/metadata/resourceVersion", value: set.metadata.resourceVersion },
    { op: "test", path: "/spec/replicas", value: set.spec.replicas },
    { op: "replace", path: "/metadata/labels", value: set.spec.template.metadata?.labels },
    {
      op: "add",
      path: "/metadata/annotations",
      value: {
        "deployment.kubernetes.io/desired-replicas": String(size),
        "deployment.kubernetes.io/max-replicas": String(maxReplicas),
      },
    },
  ];
}
