/**
 * The controller's process, put together: client, stores, lease, queue, feed, telemetry. Ends when the signal aborts.
 *
 * Where the API server was restored from a backup, each watch finds out for itself, and until all have, the stores hold a mixture of what
 * is and what never was. Nothing is written from then on, and the whole process is put together anew.
 */
import { readFileSync } from "node:fs";
import { type Logger, pino } from "pino";
import { leaseNameOf } from "../api/class.ts";
import { type Client, createClient } from "../cluster/client.ts";
import { createEventRecorder } from "../cluster/events.ts";
import { contextNamespace, kubeConfigSource } from "../cluster/kube-config.ts";
import { createElector, type Elector } from "../cluster/lease.ts";
import { createQueue, type Queue } from "../cluster/queue.ts";
import type { ControllerConfig } from "../config.ts";
import { steady, systemClock } from "../domain/clock.ts";
import { keyOf } from "../domain/kube.ts";
import { decide } from "../engine/decide.ts";
import { VERSION } from "../version.ts";
import { createFreezePolicy, FREEZE_POLICY, type FreezePolicy } from "./freeze-policy.ts";
import { type HealthServer, startHealthServer } from "./health.ts";
import { createLoop, type Loop } from "./loop.ts";
import { createMetricsFeed } from "./metrics-feed.ts";
import { createPodWatches } from "./pod-watches.ts";
import { createStoreCache } from "./store-cache.ts";
import { createStores, type Stores } from "./stores.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";

const clock = steady(systemClock);
const STUCK_MS = 120_000;
/** An API server that does not answer keeps nobody from ending. */
const SHUTDOWN_MS = 8_000;

export async function runController(config: ControllerConfig, signal: AbortSignal): Promise<void> {
  const log = pino({ level: config.logLevel, name: "serin" });
  while (!signal.aborted) {
    const rewound = new AbortController();
    await live(config, AbortSignal.any([signal, rewound.signal]), rewound, log);
  }
}

/** Until the signal aborts, by itself where the API server's history went back. */
async function live(config: ControllerConfig, signal: AbortSignal, rewound: AbortController, log: Logger): Promise<void> {
  const parts = assemble(config, rewound, log);
  const { client, stores, freezePolicy, elector, queue, telemetry, feed, loop } = parts;
  const health = await startHealthServer({
    host: config.host,
    port: config.port,
    registry: telemetry.registry,
    stuck: () => stuck(loop, queue),
    notReady: () => notReady(stores, freezePolicy),
  });
  log.info({ port: health.port, version: VERSION, identity: config.identity }, "serin controller starts");
  const watches = new AbortController();
  const watching = Promise.all([stores.run(watches.signal), freezePolicy.run(watches.signal)]).then(() => undefined);
  try {
    await Promise.race([Promise.all([stores.synced, freezePolicy.known]), aborted(signal)]);
    if (!signal.aborted) {
      log.info("stores are warm");
      await lead(config, elector, parts, signal);
    }
  } finally {
    const ending = shutdown({ queue, feed, client, health, watches, watching, elector }).then(() => true);
    const inTime = await Promise.race([ending, late()]);
    log.info({ inTime }, "serin controller ends");
    if (!inTime) {
      process.exit(1);
    }
  }
}

interface Parts {
  readonly client: Client;
  readonly stores: Stores;
  readonly freezePolicy: FreezePolicy;
  readonly elector: ElectorRun;
  readonly queue: Queue;
  readonly telemetry: Telemetry;
  readonly feed: ReturnType<typeof createMetricsFeed>;
  readonly loop: Loop;
  readonly log: Logger;
}

/** The elector with the end of its run: the lease is given back after the last write. */
interface ElectorRun extends Elector {
  readonly abort: AbortController;
  done: Promise<void>;
}

function assemble(config: ControllerConfig, rewound: AbortController, log: Logger): Parts {
  const kubeConfig = kubeConfigSource({ file: config.kubeconfig, context: config.context });
  const parts = {} as { queue: Queue; elector: ElectorRun; stores: Stores };
  const telemetry = createTelemetry({
    queue: () => parts.queue,
    leads: () => parts.elector.mayWrite(),
    watchAges: () =>
      parts.stores.reflectors.flatMap(({ resource, lastEventAt }) =>
        lastEventAt === undefined ? [] : [{ resource: resource.plural, seconds: (clock.now() - lastEventAt) / 1000 }],
      ),
  });
  const client = createClient({ kubeConfig, userAgent: `serin-controller/${VERSION}`, clock, onRequest: telemetry.onRequest });
  const leaseNamespace = config.leaseNamespace ?? config.namespace ?? podNamespace() ?? contextNamespace(kubeConfig()) ?? "default";
  const onRewind = () => {
    if (!rewound.signal.aborted) {
      log.warn("the API server's history went back, as after a restoration from a backup: starting anew");
    }
    rewound.abort();
  };
  const elector = createElection(config, client, leaseNamespace, () => parts, onRewind, log);
  const mayWrite = config.leaderElection ? elector.mayWrite : () => true;
  const acting = client.fenced(() => mayWrite() && !rewound.signal.aborted);
  const concern = (key: string, why: string) => parts.queue.add(key, why);
  const stores = createStores({
    client,
    clock,
    random: Math.random,
    namespace: config.namespace,
    onConcern: concern,
    onFailure: (resource, error) => log.warn({ resource, error }, "watch failed, tried again"),
    onRewind,
  });
  const freezePolicy = createFreezePolicy({
    client,
    clock,
    random: Math.random,
    onChange: () => {
      log.info({ inForce: freezePolicy.inForce() }, "the policy that freezes on change");
      for (const rollout of stores.of.canaryRollouts.list()) concern(keyOf(rollout), "the policy that freezes on change");
    },
    onFailure: (resource, error) => log.warn({ resource, error }, "watch failed, tried again"),
  });
  const pods = createPodWatches({
    client,
    clock,
    random: Math.random,
    onChange: (key, why) => concern(key.replace(/#clients$/, ""), why),
    onFailure: (error) => log.warn({ error }, "watch of pods failed, tried again"),
    onRewind,
  });
  const feed = createMetricsFeed(config, clock, telemetry, (key, failing) =>
    failing ? parts.queue.addFirst(key, "failures") : concern(key, "samples"),
  );
  const record = createEventRecorder({
    verbs: acting,
    clock,
    instance: config.identity,
    onFailure: (error, event) => log.warn({ error, reason: event.reason }, "event not told"),
  });
  const context = {
    cache: createStoreCache(stores.of, {
      pods: pods.pods,
      release: pods.release,
      serves: stores.serves,
      freezesOnChange: freezePolicy.inForce,
    }),
    feed,
    preset: config.preset,
    verbs: acting,
    record,
    now: clock.now,
    decide,
  };
  const loop = createLoop({ context, class: config.class, queue: () => parts.queue, telemetry, log, monotonic: clock.monotonic });
  const queue = createQueue({
    clock,
    random: Math.random,
    concurrency: config.concurrency,
    run: loop.run,
    onError: (key, error) => log.error({ rollout: key, error }, "reconcile threw"),
  });
  Object.assign(parts, { queue, elector, stores });
  return { client, stores, freezePolicy, elector, queue, telemetry, feed, loop, log };
}

function createElection(
  config: ControllerConfig,
  client: Client,
  namespace: string,
  parts: () => { queue: Queue; stores: Stores },
  onRewind: () => void,
  log: Logger,
): ElectorRun {
  const leaseName = config.leaseName ?? leaseNameOf(config.class);
  const elector = createElector({
    verbs: client,
    namespace,
    name: leaseName,
    identity: config.identity,
    clock,
    random: Math.random,
    onHeld: () => {
      log.info({ namespace, lease: leaseName }, "lease held: acting");
      begin(parts());
    },
    onLost: () => {
      log.warn("lease lost: watching only");
      void parts().queue.pause();
    },
    onRewind,
    onFailure: (error) => log.warn({ error }, "lease not renewed, tried again"),
  });
  return Object.assign(elector, { abort: new AbortController(), done: Promise.resolve() });
}

function begin({ queue, stores }: { queue: Queue; stores: Stores }): void {
  for (const rollout of stores.of.canaryRollouts.list()) {
    queue.add(keyOf(rollout), "start");
  }
  queue.start();
}

async function lead(config: ControllerConfig, elector: ElectorRun, parts: Parts, signal: AbortSignal): Promise<void> {
  if (config.leaderElection) {
    elector.done = elector.run(elector.abort.signal);
  } else {
    begin(parts);
  }
  await aborted(signal);
}

interface Running {
  readonly queue: Queue;
  readonly feed: { close(): Promise<void> | void };
  readonly client: Client;
  readonly health: HealthServer;
  readonly watches: AbortController;
  readonly watching: Promise<void>;
  readonly elector: ElectorRun;
}

/** The work ends before the lease is given back, the watches after it. */
async function shutdown({ queue, feed, client, health, watches, watching, elector }: Running): Promise<void> {
  await queue.pause();
  elector.abort.abort();
  await elector.done;
  watches.abort();
  await watching;
  await feed.close();
  await client.close();
  await health.close();
}

/** Resolves when it took too long; keeps no process alive. */
function late(): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), SHUTDOWN_MS).unref());
}

function stuck(loop: Loop, queue: Queue): string | undefined {
  const longest = loop.longestMs();
  if (longest > STUCK_MS) {
    return `a reconcile has been running for ${Math.round(longest / 1000)} s`;
  }
  return queue.lagMs > STUCK_MS ? `the queue is ${Math.round(queue.lagMs / 1000)} s behind` : undefined;
}

function notReady({ reflectors }: Stores, { isKnown }: FreezePolicy): string | undefined {
  const unsynced = reflectors.filter((reflector) => !reflector.synced).map(({ resource }) => resource.plural);
  const missing = isKnown ? unsynced : [...unsynced, `the policy ${FREEZE_POLICY}`];
  return missing.length === 0 ? undefined : `not listed yet: ${missing.join(", ")}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

const NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

function podNamespace(): string | undefined {
  try {
    return readFileSync(NAMESPACE_FILE, "utf8").trim();
  } catch {
    return undefined;
  }
}
