/** A release that stopped somewhere, and an eject of it over the same model of a cluster, on the same virtual time. */
import { MANAGED_BY } from "../../../src/api/marks.ts";
import { type EjectEnd, type EjectOptions, runEject } from "../../../src/cli/eject/run.ts";
import {
  type Deployment,
  type EndpointSlice,
  type KubeObject,
  RESOURCES,
  type ReplicaSet,
  type Route,
  type Service,
  type Verbs,
} from "../../../src/domain/kube.ts";
import type { KubeStore } from "../../../src/sim/kube/store.ts";
import { storeVerbs } from "../../../src/sim/kube/verbs.ts";
import { faultyVerbs, Killed } from "../../../src/sim/world/faults.ts";
import { NAMESPACE, type World } from "../../../src/sim/world/world.ts";
import { readyAddresses } from "../../../src/traffic/endpoints.ts";
import { adopted, type Story, type StoryOptions } from "../../stories/story.ts";

export const SPEC = {
  strategy: {
    steps: [
      { weight: 5, minDuration: "10s" },
      { weight: 50, minDuration: "10s" },
    ],
    bake: "10s",
  },
  analysis: { interval: "2s" },
};
export const REPLICAS = 4;

/** Adopted and idle, with the short ladder above. */
export function small(options: StoryOptions = {}): Promise<Story> {
  return adopted({ spec: SPEC, replicas: REPLICAS, ...options });
}

/** The controller's process ends and is not started again. */
export function stopController({ world }: Story): void {
  world.start = () => {};
  world.kill();
}

export function clientOf(store: KubeStore, verbs: Verbs = storeVerbs(store)): EjectOptions["client"] {
  return {
    ...verbs,
    async list(resource, { namespace }) {
      if (store.kinds.find(resource.group, resource.version, resource.plural) === undefined)
        return verbs.get(resource, "", "none") as never;
      const { items, resourceVersion } = store.list(resource, { namespace });
      return { items, resourceVersion };
    },
  };
}

export interface Ejected {
  readonly end: EjectEnd;
  readonly told: readonly string[];
}

export interface EjectTestOptions {
  readonly ship?: boolean;
  readonly name?: string;
  readonly verbs?: Verbs;
  readonly timeoutMs?: number;
}

/** To its end, while the cluster and whoever else runs in it go on. */
export async function eject({ world }: Story, options: EjectTestOptions = {}): Promise<Ejected> {
  const told: string[] = [];
  const { ship = false, name = "checkout", verbs, timeoutMs = 120_000 } = options;
  const running = runEject({
    client: clientOf(world.store, verbs),
    namespace: NAMESPACE,
    name,
    ship,
    clock: world.clock,
    timeoutMs,
    tell: (line) => told.push(line),
  });
  let settled = false;
  const done = running.finally(() => {
    settled = true;
  });
  done.catch(() => {});
  while (!settled) await world.advance(100);
  return { end: await done, told };
}

/** The process of the eject ends at its n-th write; then somebody starts it again. */
export async function ejectTwice(story: Story, killAt: number, when: "before" | "after", options: EjectTestOptions = {}): Promise<Ejected> {
  const verbs = faultyVerbs(storeVerbs(story.world.store), () => {});
  Object.assign(verbs.plan, { killAt, when });
  try {
    return await eject(story, { ...options, verbs });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await story.world.advance(1000);
    return eject(story, options);
  }
}

export interface Left {
  readonly route: boolean;
  readonly services: readonly string[];
  readonly trials: number;
  readonly pin: string | undefined;
  readonly paused: boolean;
  readonly marks: readonly string[];
  readonly finalizers: readonly string[];
  /** Images of the pods that are ready, with their number. */
  readonly pods: Readonly<Record<string, number>>;
}

export function left({ world }: Story): Left {
  const { store } = world;
  const list = <T extends KubeObject>(resource: (typeof RESOURCES)[keyof typeof RESOURCES]) =>
    store.list(resource, { namespace: NAMESPACE }).items as readonly KubeObject[] as readonly T[];
  const deployment = list<Deployment>(RESOURCES.deployments)[0];
  const services = list<Service>(RESOURCES.services);
  const pods: Record<string, number> = {};
  for (const set of list<ReplicaSet>(RESOURCES.replicaSets)) {
    const image = set.spec.template.spec.containers[0]?.image ?? "";
    const ready = set.status?.readyReplicas ?? 0;
    if (ready > 0) pods[image] = (pods[image] ?? 0) + ready;
  }
  return {
    route: list(RESOURCES.httpRoutes).length > 0,
    services: services.map(({ metadata }) => metadata.name),
    trials: list(RESOURCES.replicaSets).filter(({ metadata }) => metadata.labels?.[MANAGED_BY] !== undefined).length,
    pin: services.find(({ metadata }) => metadata.name === "checkout")?.spec.selector?.["pod-template-hash"],
    paused: deployment?.spec.paused === true,
    marks: Object.keys(deployment?.metadata.annotations ?? {})
      .filter((name) => name.startsWith("serin.dev/"))
      .sort(),
    finalizers: list(RESOURCES.canaryRollouts).flatMap(({ metadata }) => metadata.finalizers ?? []),
    pods,
  };
}

/** Moments at which requests had nowhere to go: a backend with a weight, or the apex (for callers outside the mesh), without a ready endpoint. */
export function watchOutages(world: World): string[] {
  const outages: string[] = [];
  const { store } = world;
  store.subscribe(({ resource, object }) => {
    const slices = store.list(RESOURCES.endpointSlices, { namespace: NAMESPACE }).items as readonly EndpointSlice[];
    const route = store.find(RESOURCES.httpRoutes, NAMESPACE, "checkout") as Route | undefined;
    const backends = route?.spec.rules?.[0]?.backendRefs?.filter(({ weight }) => weight !== 0).map(({ name }) => name) ?? [];
    for (const name of ["checkout", ...backends]) {
      if (readyAddresses(slices, name).length === 0) outages.push(`${name} is empty after ${resource.kind} ${object.metadata.name}`);
    }
  });
  return outages;
}
