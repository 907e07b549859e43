/**
 * A whole cluster on virtual time: API server, controller manager, kubelet, mesh and traffic as models, and the real
 * `observe`, `decide` and `act` among them. A history is a function of its seed and of what a test does to it.
 */
import { createEventRecorder } from "../../cluster/events.ts";
import { createQueue, type Queue } from "../../cluster/queue.ts";
import { lookAgain } from "../../controller/loop.ts";
import { observe } from "../../controller/observe.ts";
import { type Memory, NO_MEMORY, reconcile } from "../../controller/reconcile.ts";
import { type KubeObject, keyOf, RESOURCES } from "../../domain/kube.ts";
import { decide } from "../../engine/decide.ts";
import type { Action, Observed, Plan, RolloutObject } from "../../engine/types.ts";
import type { PodBehaviour } from "../kube/controllers/kubelet/behaviours.ts";
import { createSimulatedRuntime } from "../kube/controllers/kubelet/simulated-runtime.ts";
import { createKubelet } from "../kube/controllers/kubelet.ts";
import { createControllerManager } from "../kube/controllers/manager.ts";
import type { LivePod } from "../kube/controllers/objects.ts";
import { seededRandom } from "../kube/random.ts";
import { createStore, type KubeStore } from "../kube/store.ts";
import { storeVerbs } from "../kube/verbs.ts";
import { createVirtualClock, type VirtualClock } from "../virtual-clock.ts";
import { type FaultyVerbs, faultyVerbs, Killed, type Write } from "./faults.ts";
import { createInformedCache, type InformedCache, type Lag } from "./informed-cache.ts";
import { acceptRoutes } from "./policy-controller.ts";
import { type Behaviour, createTraffic, type SimulatedFeed } from "./traffic.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly requestsPerSecond?: number;
  readonly behaviourOf?: (image: string, now: number) => Behaviour;
  readonly podBehaviourOf?: (pod: LivePod) => PodBehaviour;
  /** Another decision than the real one: whoever proves that the invariants can break gives one with a guard switched off. */
  readonly decide?: (observed: Observed) => Plan;
  /** How late the controller's watches are; not at all by default. */
  readonly lag?: Lag;
  /** CRDs that are served, as objects. */
  readonly crds: readonly KubeObject[];
  /** Told of every reconcile, for stories and invariants: the plan, and what would be decided right after it was carried out. */
  readonly onPlan?: (plan: Plan, again: () => Plan) => void;
  readonly onAction?: (action: Action) => void;
  readonly onWrite?: (write: Write) => void;
}

export interface World {
  readonly clock: VirtualClock;
  readonly store: KubeStore;
  readonly verbs: FaultyVerbs;
  readonly feed: SimulatedFeed;
  /** How often the controller's process was started. */
  readonly starts: number;
  /** Ends the process, as kill -9 does. */
  kill(): void;
  /** Nothing where one runs. */
  start(): void;
  advance(ms: number): Promise<void>;
  /** Until it holds, within virtual `limitMs`. */
  until(what: string, holds: () => boolean, limitMs?: number): Promise<void>;
  rollout(name?: string): RolloutObject;
}

/** A controller's process: what ends with it. */
interface Process {
  readonly queue: Queue;
  readonly cache: InformedCache;
  readonly memories: Map<string, Memory>;
}

export const NAMESPACE = "shop";
const START = Date.UTC(2026, 10, 25, 9);
const READY: PodBehaviour = { kind: "ready", afterMs: 700 };
const GOOD: Behaviour = { failRate: 0.001, latencyMs: 20 };

export function createWorld(options: WorldOptions): World {
  const clock = createVirtualClock(START);
  const random = seededRandom(options.seed);
  const store = createStore({ now: clock.now, seed: options.seed, namespaces: [NAMESPACE] });
  for (const crd of options.crds) {
    store.create(CRDS, "", crd);
  }
  createControllerManager({ store, clock });
  const podBehaviourOf = options.podBehaviourOf ?? (() => READY);
  createKubelet({ store, clock, runtime: createSimulatedRuntime({ clock, behaviourOf: podBehaviourOf }) });
  acceptRoutes(store, clock);
  const verbs = faultyVerbs(storeVerbs(store), (write) => options.onWrite?.(write));
  const feed = createTraffic({
    store,
    clock,
    random,
    requestsPerSecond: options.requestsPerSecond ?? 100,
    behaviourOf: options.behaviourOf ?? (() => GOOD),
  });
  const decideWith = options.decide ?? decide;
  const running = new Set<Promise<void>>();
  let process: Process | undefined;
  let starts = 0;
  let instant = { at: -1, looks: 0 };

  async function run(key: string): Promise<void> {
    const mine = process;
    instant = { at: clock.monotonic(), looks: clock.monotonic() === instant.at ? instant.looks + 1 : 1 };
    if (instant.looks > LOOKS_AT_ONCE) {
      throw new Error(
        `livelock: ${instant.looks} reconciles without time passing: ${JSON.stringify(world.rollout(key.split("/")[1]).status)}`,
      );
    }
    const [namespace = "", name = ""] = key.split("/");
    const cache = mine?.cache;
    const rollout = cache?.get("canaryRollouts", namespace, name) as RolloutObject | undefined;
    if (mine === undefined || cache === undefined || rollout === undefined) {
      feed.request(key, undefined);
      return;
    }
    const record = createEventRecorder({ verbs, clock, instance: "serin-0", onFailure: rethrowKilled });
    const context = {
      cache,
      feed,
      preset: "Linkerd",
      now: clock.now,
      decide: decideWith,
      verbs,
      record,
      ...(options.onAction ? { onAction: options.onAction } : {}),
    };
    const done = await reconcile(rollout, mine.memories.get(key) ?? NO_MEMORY, context);
    if (!done.result.ok && !done.result.conflict && done.result.error instanceof Killed) {
      throw done.result.error;
    }
    mine.memories.set(key, done.memory);
    const left = cache.get("canaryRollouts", namespace, name) as RolloutObject | undefined;
    if (done.result.ok && left !== undefined) {
      options.onPlan?.(done.plan, () => decideWith(observe(left, { ...context, now: clock.now(), ...done.memory })));
    }
    lookAgain(mine.queue, clock.now(), key, done);
  }

  /** A kill takes the process with it; whatever else is thrown is a bug. */
  function tracked(key: string): Promise<void> {
    const work = run(key).catch((error: unknown) => {
      if (!(error instanceof Killed)) {
        throw error;
      }
      world.kill();
      clock.schedule(RESTART_MS, () => world.start());
    });
    running.add(work);
    void work.finally(() => running.delete(work)).catch(() => {});
    return work;
  }

  const failures: unknown[] = [];
  async function drain(): Promise<void> {
    while (running.size > 0) {
      await Promise.allSettled(running);
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  const world: World = {
    clock,
    store,
    verbs,
    feed,
    get starts() {
      return starts;
    },
    kill() {
      process?.cache.stop();
      void process?.queue.pause();
      process = undefined;
      feed.forget();
    },
    start() {
      if (process !== undefined) {
        return;
      }
      starts += 1;
      verbs.revive();
      const queue = createQueue({ clock, random, concurrency: 1, run: tracked, onError: (_key, error) => failures.push(error) });
      const onConcern = (key: string, why: string) => queue.add(key, why);
      process = { queue, cache: createInformedCache({ store, clock, lag: options.lag ?? (() => 0), onConcern }), memories: new Map() };
      queue.start();
      for (const rollout of store.list(RESOURCES.canaryRollouts).items) {
        queue.add(keyOf(rollout), "start");
      }
    },
    async advance(ms) {
      const end = clock.monotonic() + ms;
      await drain();
      for (let next = clock.nextAt(); next !== undefined && next <= end; next = clock.nextAt()) {
        clock.runNext();
        await drain();
      }
      clock.advance(end - clock.monotonic());
    },
    async until(what, holds, limitMs = 3_600_000) {
      const end = clock.monotonic() + limitMs;
      await drain();
      while (!holds()) {
        const next = clock.nextAt();
        if (next === undefined || next > end) {
          throw new Error(`never: ${what}; ${JSON.stringify(store.list(RESOURCES.canaryRollouts).items.map((item) => item["status"]))}`);
        }
        clock.runNext();
        await drain();
      }
    },
    rollout: (name = "checkout") => store.get(RESOURCES.canaryRollouts, NAMESPACE, name) as RolloutObject,
  };

  feed.onSamples = (key) => process?.queue.add(key, "samples");
  return world;
}

const RESTART_MS = 500;
/** No history needs more; what does turns in a circle. */
const LOOKS_AT_ONCE = 100;
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };

function rethrowKilled(error: unknown): void {
  if (error instanceof Killed) {
    throw error;
  }
}
