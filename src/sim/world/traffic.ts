/**
 * Traffic on virtual time, as the metrics feed would report it: requests drawn by the weights that stand in the route,
 * answered as each version behaves. Draws are seeded.
 */
import type { Clock } from "../../domain/clock.ts";
import { type EndpointSlice, RESOURCES, type Route, type Service } from "../../domain/kube.ts";
import {
  type Answered,
  type Counts,
  isSettled,
  type SampleFault,
  type SampleRequest,
  type Samples,
  type Scrape,
} from "../../domain/samples.ts";
import { readyAddresses } from "../../traffic/endpoints.ts";
import { httpRoute } from "../../traffic/httproute.ts";
import type { KubeStore } from "../kube/store.ts";

export interface Behaviour {
  /** Part of the requests that fails, 0 to 1. */
  readonly failRate: number;
  readonly latencyMs: number;
  /** Part of those that do not fail which is a client error, 0 to 1; 0 where it is left out. */
  readonly clientErrorRate?: number;
}

export interface TrafficOptions {
  readonly store: KubeStore;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly requestsPerSecond: number;
  readonly behaviourOf: (image: string, now: number) => Behaviour;
  /** Shared by the feeds of several processes. */
  readonly disturbance?: Disturbance;
}

/** What a test may do to the mesh and to the source of metrics. */
export interface Disturbance {
  fault: SampleFault | undefined;
  /** The share that the mesh really gives, whatever the route says. */
  share: number | undefined;
  requestsPerSecond: number | undefined;
}

export interface SimulatedFeed {
  readonly disturbance: Disturbance;
  request(key: string, request: SampleRequest | undefined): void;
  read(key: string, since: number): Samples;
  /** The controller's process ended: what it kept in memory is gone. */
  forget(): void;
  onSamples: (key: string) => void;
}

interface Session {
  request: SampleRequest;
  scrapes: Scrape[];
  /** Monotonic time of the last scrape. */
  at: number;
  cancel: () => void;
}

const BOUNDS = [1, 5, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 5000];

export function createTraffic(options: TrafficOptions): SimulatedFeed {
  const { clock } = options;
  const sessions = new Map<string, Session>();
  const disturbance: Disturbance = options.disturbance ?? { fault: undefined, share: undefined, requestsPerSecond: undefined };

  function tick(key: string): void {
    const session = sessions.get(key);
    if (session === undefined) {
      return;
    }
    const now = clock.now();
    if (disturbance.fault === undefined) {
      const seconds = (clock.monotonic() - session.at) / 1000;
      session.scrapes.push(scrape(options, disturbance, session.request, now, seconds));
      session.at = clock.monotonic();
    }
    session.cancel = clock.schedule(session.request.intervalMs, () => tick(key));
    feed.onSamples(key);
  }

  const feed: SimulatedFeed = {
    disturbance,
    onSamples: () => {},
    request(key, request) {
      const session = sessions.get(key);
      if (request === undefined) {
        session?.cancel();
        sessions.delete(key);
      } else if (session === undefined) {
        const cancel = clock.schedule(request.intervalMs, () => tick(key));
        sessions.set(key, { request, scrapes: [], at: clock.monotonic(), cancel });
      } else {
        session.request = request;
      }
    },
    read(key, since) {
      const scrapes = sessions.get(key)?.scrapes.filter((one) => one.at > since) ?? [];
      return { scrapes, notices: [], ...(disturbance.fault ? { fault: disturbance.fault } : {}) };
    },
    forget() {
      for (const key of [...sessions.keys()]) {
        feed.request(key, undefined);
      }
    },
  };
  return feed;
}

function scrape(options: TrafficOptions, disturbance: Disturbance, request: SampleRequest, at: number, seconds: number): Scrape {
  const rate = disturbance.requestsPerSecond ?? options.requestsPerSecond;
  const total = Math.round(rate * seconds);
  const share = disturbance.share ?? shareOf(options.store, request);
  const canary = draw(total, share, options.random);
  return {
    at,
    seconds,
    canary: counts(options, request, "canary", canary, { at, seconds }),
    stable: counts(options, request, "stable", total - canary, { at, seconds }),
  };
}

function shareOf(store: KubeStore, { namespace, route, services }: SampleRequest): number {
  const found = store.find(RESOURCES.httpRoutes, namespace, route.name) as Route | undefined;
  const split = found && httpRoute.read(found, services);
  return split?.ok ? split.weights.canary / split.total : 0;
}

/** Requests to a Service without ready endpoints fail, and no server counts them. */
function counts(
  options: TrafficOptions,
  request: SampleRequest,
  side: "stable" | "canary",
  requests: number,
  { at, seconds }: Pick<Scrape, "at" | "seconds">,
): Counts {
  const image = imageBehind(options.store, request.services[side], request.namespace);
  if (image === undefined) {
    const lost = answered({ requests, failures: requests, clientErrors: 0, latencyMs: 0 });
    return { ...lost, meshed: requests, clientOnly: requests, settled: answered(NOTHING) };
  }
  const { failRate, latencyMs, clientErrorRate = 0 } = options.behaviourOf(image, at);
  const failures = draw(requests, failRate, options.random);
  const clientErrors = clientErrorRate === 0 ? 0 : draw(requests - failures, clientErrorRate, options.random);
  const all = { requests, failures, clientErrors, latencyMs };
  const pods = request[side];
  const share = pods.filter((pod) => isSettled(pod, at - seconds * 1000)).length / Math.max(1, pods.length);
  return { ...answered(all), meshed: requests, clientOnly: 0, settled: answered(partOf(all, share)) };
}

interface Draw {
  readonly requests: number;
  readonly failures: number;
  readonly clientErrors: number;
  readonly latencyMs: number;
}

const NOTHING: Draw = { requests: 0, failures: 0, clientErrors: 0, latencyMs: 0 };

function answered({ requests, failures, clientErrors, latencyMs }: Draw): Answered {
  const total = requests - failures;
  const latency = { le: BOUNDS, counts: BOUNDS.map((bound) => (latencyMs <= bound ? total : 0)), total };
  return { requests, failures, clientErrors, latency };
}

/** All pods are asked alike. */
function partOf({ requests, failures, clientErrors, latencyMs }: Draw, share: number): Draw {
  const part = (count: number) => Math.floor(count * share);
  return { requests: part(requests), failures: part(failures), clientErrors: part(clientErrors), latencyMs };
}

function imageBehind(store: KubeStore, name: string, namespace: string): string | undefined {
  const service = store.find(RESOURCES.services, namespace, name) as Service | undefined;
  const slices = store.list(RESOURCES.endpointSlices, { namespace }).items as readonly EndpointSlice[];
  const [address] = readyAddresses(slices, service?.metadata.name ?? "");
  const pod = address?.name === undefined ? undefined : store.find(RESOURCES.pods, namespace, address.name);
  return (pod as { spec?: { containers?: { image?: string }[] } } | undefined)?.spec?.containers?.[0]?.image;
}

function draw(n: number, p: number, random: () => number): number {
  let hits = 0;
  for (let i = 0; i < n; i++) {
    if (random() < p) {
      hits += 1;
    }
  }
  return hits;
}
