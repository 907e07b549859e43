/**
 * Traffic on virtual time, as the metrics feed would report it: requests drawn by the weights that stand in the route,
 * answered as each version behaves. Draws are seeded.
 */
import type { Clock } from "../../domain/clock.ts";
import { type EndpointSlice, RESOURCES, type Route, type Service } from "../../domain/kube.ts";
import type { Counts, SampleFault, SampleRequest, Samples, Scrape } from "../../domain/samples.ts";
import { readyAddresses } from "../../traffic/endpoints.ts";
import { httpRoute } from "../../traffic/httproute.ts";
import type { KubeStore } from "../kube/store.ts";

export interface Behaviour {
  /** Part of the requests that fails, 0 to 1. */
  readonly failRate: number;
  readonly latencyMs: number;
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
    canary: counts(options, request.services.canary, request.namespace, canary, at),
    stable: counts(options, request.services.stable, request.namespace, total - canary, at),
  };
}

function shareOf(store: KubeStore, { namespace, route, services }: SampleRequest): number {
  const found = store.find(RESOURCES.httpRoutes, namespace, route.name) as Route | undefined;
  const split = found && httpRoute.read(found, services);
  return split?.ok ? split.weights.canary / split.total : 0;
}

/** Requests to a Service without ready endpoints fail, and no server counts them. */
function counts(options: TrafficOptions, service: string, namespace: string, requests: number, now: number): Counts {
  const image = imageBehind(options.store, service, namespace);
  if (image === undefined) {
    return {
      requests,
      failures: requests,
      meshed: requests,
      clientOnly: requests,
      latency: { le: BOUNDS, counts: BOUNDS.map(() => 0), total: 0 },
    };
  }
  const { failRate, latencyMs } = options.behaviourOf(image, now);
  const failures = draw(requests, failRate, options.random);
  const total = requests - failures;
  return {
    requests,
    failures,
    meshed: requests,
    clientOnly: 0,
    latency: { le: BOUNDS, counts: BOUNDS.map((bound) => (latencyMs <= bound ? total : 0)), total },
  };
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
