/**
 * Requests without clients: every application gets so many a second, split as its route says, and its pods' counters are scraped at
 * times of their own. Knows the cluster by watches; samples are as a Prometheus would keep them.
 */
import type { Clock } from "../../domain/clock.ts";
import { type KubeObject, keyOf, type Pod, RESOURCES, type Route, type Service } from "../../domain/kube.ts";
import { isReady } from "../../workload/sets.ts";
import type { ApiAccess } from "../api-access.ts";
import { canaryWeight } from "../demo/world.ts";
import { type Mirror, startMirror } from "../mesh/mirror.ts";
import { createPolicyController } from "../mesh/policy-controller.ts";

export interface HollowMeshOptions {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly requestsPerSecond: number;
  readonly scrapeMs: number;
}

export interface Sample {
  readonly at: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface PodSamples {
  readonly startedAt: number;
  readonly samples: readonly Sample[];
}

/**
 * From the answer that told of enough failures of an application's canary to weight 0, in milliseconds; undefined: not yet. Where fewer
 * were enough, from the first that told of any.
 */
export interface Cut {
  readonly app: string;
  readonly ms: number | undefined;
}

export interface HollowMesh {
  readonly synced: Promise<void>;
  /** By `namespace/name`; undefined for a pod that was never seen ready. */
  pod(key: string): PodSamples | undefined;
  /** The samples of these pods have been given away, up to a time in milliseconds since the epoch. */
  told(keys: readonly string[], upTo: number): void;
  cuts(): readonly Cut[];
}

/** The version whose every second request fails. */
export const BAD_TAG = "bad";
const FAILING = 0.5;
/** Nobody takes so many for chance; of fewer it depends. */
const ENOUGH_FAILURES = 10;
const KEPT_MS = 5 * 60_000;
const TICKS_PER_SCRAPE = 20;
/** A status is written so long after a change, for all that changed by then. */
const POLICY_MS = 100;
const AGENT = "hollow-mesh";

/** Monotonic times. */
interface Told {
  readonly firstAt: number;
  enoughAt?: number;
  cutAt?: number;
}

interface Counter {
  readonly startedAt: number;
  readonly isBad: boolean;
  readonly app: string;
  /** Since when the present rate holds, and what was counted by then. */
  succeeded: number;
  failed: number;
  readonly slot: number;
  readonly samples: Sample[];
}

export function startHollowMesh({ access, clock, requestsPerSecond, scrapeMs }: HollowMeshOptions, signal: AbortSignal): HollowMesh {
  const counters = new Map<string, Counter>();
  const told = new Map<string, Told>();
  const mirror = (name: "pods" | "services" | "httpRoutes", onChange?: (next: KubeObject | undefined, old?: KubeObject) => void): Mirror =>
    startMirror({ ...access, resource: RESOURCES[name], userAgent: AGENT, clock, ...(onChange && { onChange }) }, signal);
  const pods = mirror("pods", (next, old) => {
    if (next === undefined && old !== undefined) counters.delete(keyOf(old));
    else if (next !== undefined) count(next as Pod);
  });
  const services = mirror("services", () => routesChanged());
  const routes = mirror("httpRoutes", (next) => {
    routesChanged();
    const entry = next && told.get(keyOf(next));
    if (entry !== undefined && entry.cutAt === undefined && canaryWeight(next as Route) === 0) entry.cutAt = clock.monotonic();
  });

  const policy = createPolicyController({
    ...access,
    clock,
    directory: {
      httpRoutes: () => [...routes.objects.values()] as Route[],
      grpcRoutes: () => [],
      findService: (namespace, name) => services.objects.get(`${namespace}/${name}`) as Service | undefined,
    },
  });
  let due = false;

  function routesChanged(): void {
    if (due) return;
    due = true;
    clock.schedule(POLICY_MS, () => {
      due = false;
      policy.refresh();
    });
  }

  function count(pod: Pod): void {
    if (counters.has(keyOf(pod)) || !isReady(pod)) return;
    const { namespace = "", labels = {} } = pod.metadata;
    counters.set(keyOf(pod), {
      startedAt: clock.now(),
      isBad: pod.spec.containers[0]?.image?.endsWith(`:${BAD_TAG}`) === true,
      app: `${namespace}/${labels["app"]}`,
      succeeded: 0,
      failed: 0,
      slot: counters.size % TICKS_PER_SCRAPE,
      samples: [],
    });
  }

  function tick(number: number): void {
    const seconds = scrapeMs / TICKS_PER_SCRAPE / 1000;
    for (const [app, members] of byApp(pods.objects.values() as Iterable<Pod>)) {
      const shares = sharesOf(routes.objects.get(app) as Route | undefined, services.objects.get(app) as Service | undefined, members);
      for (const [key, share] of shares) serve(counters.get(key), requestsPerSecond * share * seconds);
    }
    for (const counter of counters.values()) {
      if (counter.slot === number % TICKS_PER_SCRAPE) scrape(counter, clock.now());
    }
  }

  async function run(): Promise<void> {
    for (let number = 0; !signal.aborted; number += 1) {
      await clock.sleep(scrapeMs / TICKS_PER_SCRAPE, signal);
      tick(number);
    }
  }

  run().catch(() => undefined);
  return {
    synced: Promise.all([pods, services, routes].map(({ synced }) => synced)).then(() => undefined),
    pod: (key) => counters.get(key),
    told(keys, upTo) {
      for (const counter of keys.map((key) => counters.get(key))) {
        const failed = counter?.samples.findLast(({ at }) => at <= upTo)?.failed ?? 0;
        if (counter === undefined || failed === 0) continue;
        const entry = told.get(counter.app) ?? { firstAt: clock.monotonic() };
        told.set(counter.app, entry);
        if (failed >= ENOUGH_FAILURES && entry.cutAt === undefined) entry.enoughAt ??= clock.monotonic();
      }
    },
    cuts: () =>
      [...told].map(([app, { firstAt, enoughAt = firstAt, cutAt }]) => ({ app, ms: cutAt === undefined ? undefined : cutAt - enoughAt })),
  };
}

function serve(counter: Counter | undefined, requests: number): void {
  if (counter === undefined) return;
  const failed = counter.isBad ? requests * FAILING : 0;
  counter.failed += failed;
  counter.succeeded += requests - failed;
}

function scrape({ samples, succeeded, failed }: Counter, at: number): void {
  samples.push({ at, succeeded: Math.floor(succeeded), failed: Math.floor(failed) });
  while ((samples[0]?.at ?? at) < at - KEPT_MS) samples.shift();
}

function byApp(pods: Iterable<Pod>): Map<string, Pod[]> {
  const apps = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (!isReady(pod)) continue;
    const app = `${pod.metadata.namespace}/${pod.metadata.labels?.["app"]}`;
    const members = apps.get(app);
    if (members === undefined) apps.set(app, [pod]);
    else members.push(pod);
  }
  return apps;
}

/** Of all requests of an application, by pod. */
function sharesOf(route: Route | undefined, service: Service | undefined, members: readonly Pod[]): [string, number][] {
  const hash = service?.spec.selector?.["pod-template-hash"];
  const isStable = ({ metadata }: Pod) => hash === undefined || metadata.labels?.["pod-template-hash"] === hash;
  const stable = members.filter(isStable);
  const canary = members.filter((pod) => !isStable(pod));
  const share = route === undefined ? 0 : (canaryWeight(route) ?? 0) / 100;
  const each = (group: readonly Pod[], part: number): [string, number][] => group.map((pod) => [keyOf(pod), part / group.length]);
  return [...each(stable, 1 - share), ...each(canary, share)];
}
