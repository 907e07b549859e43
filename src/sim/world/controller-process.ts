/** One controller's process in the world: the real observe, decide and act over caches, a queue and a memory that end with it. */
import { createEventRecorder } from "../../cluster/events.ts";
import { createQueue } from "../../cluster/queue.ts";
import { lookAgain } from "../../controller/loop.ts";
import { observe } from "../../controller/observe.ts";
import { type Memory, NO_MEMORY, reconcile } from "../../controller/reconcile.ts";
import type { Clock } from "../../domain/clock.ts";
import { keyOf, RESOURCES, type Verbs } from "../../domain/kube.ts";
import type { Action, Observed, Plan, RolloutObject } from "../../engine/types.ts";
import type { KubeStore } from "../kube/store.ts";
import { Killed } from "./faults.ts";
import { createInformedCache, type InformedCache, type Lag } from "./informed-cache.ts";
import type { SimulatedFeed } from "./traffic.ts";
import type { WatchTrouble } from "./watch-trouble.ts";

export interface ProcessOptions {
  readonly store: KubeStore;
  /** The process's own: its wall clock may be set. */
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly lag: Lag;
  readonly trouble: WatchTrouble;
  readonly freezesOnChange: () => boolean;
  readonly listsAnew?: boolean | undefined;
  readonly believesLists?: boolean | undefined;
  readonly feed: SimulatedFeed;
  readonly verbs: Verbs;
  readonly instance: string;
  readonly decide: (observed: Observed) => Plan;
  readonly onAction?: ((action: Action) => void) | undefined;
  readonly onPlan?: ((plan: Plan, again: () => Plan) => void) | undefined;
  /** Told of every reconcile that begins. */
  readonly onWork: (work: Promise<void>) => void;
  /** A write ended the process. */
  readonly onKilled: () => void;
  readonly onFailure: (error: unknown) => void;
  /** It found out that the API server's history went back, and starts anew. */
  readonly onRewind: (process: ControllerProcess) => void;
}

export interface ControllerProcess {
  readonly cache: InformedCache;
  /** It leads: every rollout is looked at. Until then it only watches. */
  lead(): void;
  lookAtAll(why: string): void;
  /** It does not lead any more: what is under way goes on, nothing new begins. */
  pause(): void;
  stop(): void;
}

/** No history needs more; what does turns in a circle. */
const LOOKS_AT_ONCE = 100;

export function startProcess(options: ProcessOptions): ControllerProcess {
  const { store, clock, random, lag, trouble, feed, verbs } = options;
  const memories = new Map<string, Memory>();
  const record = createEventRecorder({ verbs, clock, instance: options.instance, onFailure: rethrowKilled });
  let instant = { at: -1, looks: 0 };
  let alive = true;

  function countLook(name: string | undefined): void {
    instant = { at: clock.monotonic(), looks: clock.monotonic() === instant.at ? instant.looks + 1 : 1 };
    if (instant.looks > LOOKS_AT_ONCE) {
      const found = store.list(RESOURCES.canaryRollouts).items.find(({ metadata }) => metadata.name === name);
      throw new Error(`livelock: ${instant.looks} reconciles without time passing: ${JSON.stringify(found?.["status"])}`);
    }
  }

  async function run(key: string): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    countLook(name);
    const rollout = cache.get("canaryRollouts", namespace, name) as RolloutObject | undefined;
    if (!alive) {
      return;
    }
    if (rollout === undefined) {
      feed.request(key, undefined);
      return;
    }
    const { decide, onAction } = options;
    const context = { cache, feed, preset: "Linkerd", now: clock.now, decide, verbs, record, ...(onAction ? { onAction } : {}) };
    const done = await reconcile(rollout, memories.get(key) ?? NO_MEMORY, context);
    if (!done.result.ok && !done.result.conflict && done.result.error instanceof Killed) {
      throw done.result.error;
    }
    memories.set(key, done.memory);
    const left = cache.get("canaryRollouts", namespace, name) as RolloutObject | undefined;
    if (done.result.ok && left !== undefined) {
      options.onPlan?.(done.plan, () => decide(observe(left, { ...context, now: clock.now(), ...done.memory })));
    }
    lookAgain(queue, clock.now(), key, done);
  }

  /** A kill takes the process with it; whatever else is thrown is a bug. */
  function tracked(key: string): Promise<void> {
    const work = run(key).catch((error: unknown) => {
      if (!(error instanceof Killed)) {
        throw error;
      }
      if (alive) {
        options.onKilled();
      }
    });
    options.onWork(work);
    return work;
  }

  const queue = createQueue({ clock, random, concurrency: 1, run: tracked, onError: (_key, error) => options.onFailure(error) });
  const cache = createInformedCache({
    store,
    clock,
    lag,
    trouble,
    freezesOnChange: options.freezesOnChange,
    listsAnew: options.listsAnew,
    believesLists: options.believesLists,
    random,
    onConcern: (key, why) => queue.add(key, why),
    onRewind: () => options.onRewind(self),
  });
  feed.onSamples = (key) => queue.add(key, "samples");

  function lookAtAll(why: string): void {
    for (const rollout of store.list(RESOURCES.canaryRollouts).items) {
      queue.add(keyOf(rollout), why);
    }
  }

  const self: ControllerProcess = {
    cache,
    lead() {
      queue.start();
      lookAtAll("start");
    },
    lookAtAll,
    pause: () => void queue.pause(),
    stop() {
      alive = false;
      cache.stop();
      void queue.pause();
      feed.forget();
    },
  };
  return self;
}

function rethrowKilled(error: unknown): void {
  if (error instanceof Killed) {
    throw error;
  }
}
