/**
 * A work queue with one entry per key: the earliest time wins, a running key is held and never run twice at once, and no
 * key is lost, not even when its run throws. What cannot wait goes before all others that are ready, and has as many workers of its own
 * as all share. Nothing runs before `start()`.
 *
 *     add, addAt, retry --> delayed --(its time comes)--> ready --(a free worker, key not running)--> running
 *                              ^                                                                        |
 *                              +------------- asked for meanwhile: waits here until the run ends -------+
 *
 * Times are wall-clock times when they come in and monotonic delays from then on: a clock that is set neither holds nor
 * hurries what waits.
 */
import type { Clock } from "../domain/clock.ts";
import { backoffMs } from "./backoff.ts";

export interface QueueOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly concurrency: number;
  /** Does the work of one key. `reasons`: why it was asked for, without repetition. */
  readonly run: (key: string, reasons: readonly string[]) => Promise<void>;
  /** `run` threw: the key is retried; this is for the log. */
  readonly onError: (key: string, error: unknown) => void;
}

export interface Queue {
  /** As soon as possible. */
  add(key: string, reason: string): void;
  /** The same, before all that were not asked for in this way. */
  addFirst(key: string, reason: string): void;
  /** At a time in milliseconds since the epoch. */
  addAt(key: string, time: number, reason: string): void;
  /** After a delay that doubles with each retry of this key, 0.5 s to a minute, until `forget`. */
  retry(key: string, reason?: string): void;
  /** The next retry of this key starts with the shortest delay again. */
  forget(key: string): void;
  /** Takes the key out; a run of it that is under way goes on. */
  remove(key: string): void;
  start(): void;
  /** Starts no more runs, keeps what waits; resolves when none runs. */
  pause(): Promise<void>;
  /** Keys that are ready and wait for a worker. */
  readonly depth: number;
  /** Milliseconds that the oldest ready key has waited beyond its time; 0 where none waits. */
  readonly lagMs: number;
  readonly running: number;
}

interface Entry {
  /** Monotonic. */
  dueAt: number;
  readonly reasons: Set<string>;
  cancel: () => void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 60_000;
/** Node's timers fire at once beyond 2^31 ms; longer waits are cut into days. */
const MAX_TIMER_MS = 86_400_000;

export function createQueue(options: QueueOptions): Queue {
  const { clock } = options;
  const entries = new Map<string, Entry>();
  /** In the order in which their times came. */
  const ready = new Set<string>();
  /** Those of the ready ones that go first, and those that will once their run has ended. */
  const urgent = new Set<string>();
  const running = new Set<string>();
  const failures = new Map<string, number>();
  let started = false;
  let idleWaiters: (() => void)[] = [];

  function addAfter(key: string, delayMs: number, reason: string): void {
    const dueAt = clock.monotonic() + Math.max(0, delayMs);
    const entry = entries.get(key);
    if (entry === undefined) {
      const created: Entry = { dueAt, reasons: new Set([reason]), cancel: () => {} };
      entries.set(key, created);
      arm(key, created);
      return;
    }
    entry.reasons.add(reason);
    if (dueAt >= entry.dueAt) return;
    entry.dueAt = dueAt;
    entry.cancel();
    arm(key, entry);
  }

  function arm(key: string, entry: Entry): void {
    const leftMs = entry.dueAt - clock.monotonic();
    if (leftMs > 0) {
      entry.cancel = clock.schedule(Math.min(leftMs, MAX_TIMER_MS), () => arm(key, entry));
      return;
    }
    entry.cancel = () => {};
    ready.add(key);
    dispatch();
  }

  function dispatch(): void {
    if (!started) return;
    for (const key of urgent) {
      if (running.size >= 2 * options.concurrency) return;
      if (!running.has(key)) void runKey(key);
    }
    for (const key of ready) {
      if (running.size >= options.concurrency) return;
      if (!running.has(key)) void runKey(key);
    }
  }

  async function runKey(key: string): Promise<void> {
    const reasons = [...(entries.get(key)?.reasons ?? [])];
    entries.delete(key);
    ready.delete(key);
    urgent.delete(key);
    running.add(key);
    try {
      await options.run(key, reasons);
    } catch (error) {
      options.onError(key, error);
      retry(key);
    } finally {
      running.delete(key);
      dispatch();
      if (running.size === 0) {
        for (const wake of idleWaiters) wake();
        idleWaiters = [];
      }
    }
  }

  function retry(key: string, reason = "Retry"): void {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    addAfter(key, backoffMs(count, RETRY_FIRST_MS, RETRY_MAX_MS, options.random), reason);
  }

  return {
    add: (key, reason) => addAfter(key, 0, reason),
    addFirst(key, reason) {
      urgent.add(key);
      addAfter(key, 0, reason);
      dispatch();
    },
    addAt: (key, time, reason) => addAfter(key, time - clock.now(), reason),
    retry,
    forget: (key) => void failures.delete(key),
    remove(key) {
      entries.get(key)?.cancel();
      entries.delete(key);
      ready.delete(key);
      urgent.delete(key);
      failures.delete(key);
    },
    start() {
      started = true;
      dispatch();
    },
    pause() {
      started = false;
      return running.size === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve));
    },
    get depth() {
      return ready.size;
    },
    get lagMs() {
      const [oldest] = ready;
      const dueAt = oldest === undefined ? undefined : entries.get(oldest)?.dueAt;
      return dueAt === undefined ? 0 : Math.max(0, clock.monotonic() - dueAt);
    },
    get running() {
      return running.size;
    },
  };
}
