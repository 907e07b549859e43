/**
 * A shop under load in a whole cluster of processes: the demo's stand-ins, and either the in-memory API server or, where
 * SERIN_CLUSTER=real, a real control plane. Integration tests are told once and run on both.
 */
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import {
  type Deployment,
  type EndpointSlice,
  type KubeObject,
  keyOf,
  type Pod,
  RESOURCES,
  type ReplicaSet,
  type Service,
} from "../../src/domain/kube.ts";
import { findBinaries } from "../../src/standin/control-plane/binaries.ts";
import { startUsers } from "../../src/standin/demo/acts.ts";
import { type Cluster, startCluster } from "../../src/standin/demo/cluster.ts";
import {
  APP,
  canaryRollout,
  clientDeployment,
  deployment,
  namespace,
  nextVersion,
  SHOP,
  service,
} from "../../src/standin/demo/manifests.ts";
import { DEFAULT_PLAN, type DemoPlan } from "../../src/standin/demo/plan.ts";
import type { Happening } from "../../src/standin/demo/world.ts";
import type { LoadTally } from "../../src/standin/load/tally.ts";
import { startMirror } from "../../src/standin/mesh/mirror.ts";

const SERIN = [process.execPath, fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))];
const NAMESPACE = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const MIRRORED = ["deployments", "replicaSets", "services", "pods", "endpointSlices"] as const;
/** Shorter than any test may take, so that what was waited for is told; a half-open watch is noticed after 150 s. */
const PATIENCE_MS = 240_000;

/** On which API server this run is. */
export const IS_REAL = process.env["SERIN_CLUSTER"] === "real";

/** Few pods and short steps; the bad version fails soon under weight. */
const PLAN: DemoPlan = {
  ...DEFAULT_PLAN,
  replicas: 2,
  perSecond: 60,
  weights: [20, 50],
  minDuration: "3s",
  bake: "2s",
  scaleDownDelay: "1s",
  failAfterSeconds: 3,
};

export interface Shop {
  readonly cluster: Cluster;
  readonly plan: DemoPlan;
  /** Events about the rollout so far. */
  readonly happenings: readonly Happening[];
  /** The newest outcome in the history. */
  outcome(): string | undefined;
  deployment(): Deployment | undefined;
  /** Of the app, newest last. */
  sets(): readonly ReplicaSet[];
  services(): readonly Service[];
  /** Pods of that version that are not being deleted. */
  pods(version: string): readonly Pod[];
  /** Ready addresses of a Service. */
  readyEndpoints(service: string): number;
  weight(): number | undefined;
  /** Git asks for that version. */
  push(version: string): Promise<void>;
  patch(patch: object): Promise<void>;
  /** Looked at after every change of anything above; fails, with the status, when it does not hold in time. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** The controller runs, and has adopted the Deployment. */
  adopt(spec?: object, flags?: readonly string[]): ReturnType<Cluster["startController"]>;
  /** Called after every change of anything above. */
  watch(look: () => void): void;
  /** Freeze on change is in force: on the real API server, which has the policies of the install. */
  readonly freezesOnChange: boolean;
  /** The CanaryRollout goes, and a new one adopts what it left: its status, and what it may still write in this minute, begin anew. */
  renew(): Promise<void>;
  /** Failed requests so far. */
  failures(): Promise<number>;
  /** What users saw so far, after the last answer. */
  closingTally(): Promise<LoadTally>;
  close(): Promise<void>;
}

/** `startShop` for one test, closed at its end. */
export async function openShop(changes: Partial<DemoPlan> = {}): Promise<Shop> {
  const shop = await startShop(changes);
  onTestFinished(() => shop.close());
  return shop;
}

/** Pods are ready and users come; no controller yet. */
export async function startShop(changes: Partial<DemoPlan> = {}): Promise<Shop> {
  const plan = { ...PLAN, ...changes };
  const happenings: Happening[] = [];
  const binaries = IS_REAL ? await findBinaries() : undefined;
  const cluster = await startCluster({
    serin: SERIN,
    binaries,
    prometheus: plan.source === "Prometheus",
    clock,
    onHappening: (one) => happenings.push(one),
    onCut: () => {},
  });
  const { kube, world } = cluster;
  const listeners = new Set<() => void>();
  const onChange = () => {
    for (const listener of listeners) listener();
  };
  const mirrors = MIRRORED.map((name) => {
    const options = { ...cluster.access, resource: RESOURCES[name], userAgent: "serin-test", clock, onChange };
    return [name, startMirror(options, cluster.closing)] as const;
  });
  const inShop = <T extends KubeObject>(name: (typeof MIRRORED)[number]): T[] => {
    const objects = mirrors.find(([known]) => known === name)?.[1].objects.values() ?? [];
    return [...objects].filter(({ metadata }) => metadata.namespace === SHOP) as T[];
  };

  async function until(what: string, holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => {
      if (holds()) resolve(true);
    };
    listeners.add(look);
    // The world's own watches, and the end of patience.
    void world.until(holds, PATIENCE_MS).then(resolve);
    look();
    const held = await Promise.race([promise, cluster.failed]);
    listeners.delete(look);
    expect(held, `${what}: ${JSON.stringify(world.status())}`).toBe(true);
  }

  async function createRollout(spec: object): Promise<void> {
    const rollout = canaryRollout(plan);
    await kube.create(RESOURCES.canaryRollouts, { ...rollout, spec: { ...(rollout["spec"] as object), ...spec } });
    // A new policy counts after ten seconds: until then it is frozen always.
    await until("adopted", () => world.status().phase === "Ready" && (!IS_REAL || shop.deployment()?.spec.paused !== true));
  }

  const shop: Shop = {
    cluster,
    plan,
    happenings,
    freezesOnChange: IS_REAL,
    outcome: () => world.status().history?.[0]?.outcome,
    deployment: () => inShop<Deployment>("deployments").find(({ metadata }) => metadata.name === APP),
    sets: () =>
      inShop<ReplicaSet>("replicaSets")
        .filter(({ spec }) => spec.selector.matchLabels?.["app"] === APP)
        .sort(byAge),
    services: () => inShop<Service>("services"),
    pods: (version) => inShop<Pod>("pods").filter((pod) => pod.metadata.deletionTimestamp === undefined && versionOf(pod) === version),
    readyEndpoints: (name) => readyIn(inShop<EndpointSlice>("endpointSlices"), name),
    weight: () => world.weights.at(-1)?.weight,
    push: (version) => kube.mergePatch(RESOURCES.deployments, SHOP, APP, nextVersion(version, plan)),
    patch: (patch) => kube.mergePatch(RESOURCES.deployments, SHOP, APP, patch),
    until,
    watch: (look) => void listeners.add(look),
    async adopt(spec = {}, flags = []) {
      const controller = await cluster.startController(flags);
      await createRollout(spec);
      return controller;
    },
    async renew() {
      await kube.delete(RESOURCES.canaryRollouts, SHOP, APP);
      await until("gone", () => world.status().phase === undefined);
      await createRollout({});
    },
    failures: async () => (await cluster.tally(SHOP)).failures,
    async closingTally() {
      await cluster.stopLoad(SHOP);
      return cluster.tally(SHOP);
    },
    close: () => cluster.close(),
  };
  await kube.create(NAMESPACE, namespace(SHOP));
  await kube.create(RESOURCES.services, service(SHOP));
  await kube.create(RESOURCES.deployments, deployment(SHOP, "v1", plan));
  await kube.create(RESOURCES.deployments, clientDeployment(cluster.clientAdminPort));
  await until("pods", () => world.pods(SHOP).get("v1")?.ready === plan.replicas);
  await startUsers(cluster, SHOP, plan);
  return shop;
}

/** Weights that were above the one before. */
export function raises({ cluster }: Shop): number[] {
  return cluster.world.weights.map(({ weight }) => weight ?? 0).filter((weight, i, all) => weight > (all[i - 1] ?? 0));
}

function versionOf({ spec }: Pick<Pod, "spec">): string | undefined {
  return spec.containers
    .find(({ name }) => name === "app")
    ?.image?.split(":")
    .at(-1);
}

function byAge(a: KubeObject, b: KubeObject): number {
  return (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "") || keyOf(a).localeCompare(keyOf(b));
}

function readyIn(slices: readonly EndpointSlice[], service: string): number {
  return slices
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}
