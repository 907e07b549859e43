/**
 * Keeps a sink at the server's truth for one kind, in all namespaces or one: a list in pages, then a watch from there,
 * again and again until the signal aborts.
 *
 *            list page          last page            watch begins
 *     Empty ----------> Listing ----------> Listed <------------> Watching
 *       ^                  |                   ^    watch ends       |
 *       |                  |                   |                     | ends before its time
 *       |                  |       not behind  +------- Doubted <----+
 *       +------------------+-----------------------------+-----------+
 *         the versions that we know are of no use (410, too large, not reached any more), watches end at once again and
 *         again, a whole watch was silent, or the last list is an hour old
 *
 * One step at a time (`reflector-step.ts`); here are the loop around it and its pauses. Errors never end the loop: they
 * are reported, waited for and tried again. The delay starts afresh only after a watch has lived a while, so that a
 * server that accepts watches and drops them is not asked tens of times a second.
 */
import { ApiError, type Resource } from "../domain/kube.ts";
import { createBackoff } from "./backoff.ts";
import { EMPTY, type Reflection, type ReflectorState, type Step, step } from "./reflector-step.ts";

export interface ReflectorOptions extends Reflection {
  /** Every failed attempt; the loop goes on by itself. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** The first word from the server after a failure. */
  readonly onRecovery?: (() => void) | undefined;
  /** The longest delay where the server does not know the kind or does not let us read it; 30 s by default. */
  readonly refusedMaxMs?: number | undefined;
}

export interface Reflector {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  /** The first list is complete, or the kind does not exist. */
  readonly synced: boolean;
  /** The server does not know this kind (its CRD is missing); looked for again until it does. */
  readonly absent: boolean;
  /** Wall-clock milliseconds of the last word from the server: a list, an event, a bookmark. */
  readonly lastEventAt: number | undefined;
  /** Why the last attempt failed; undefined once one succeeded. */
  readonly failure: unknown;
  readonly whenSynced: Promise<void>;
  /** Resolves when the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

const BACKOFF_FIRST_MS = 800;
const BACKOFF_MAX_MS = 30_000;
/** A watch that lived so long was no failure, however it ended. */
const HEALTHY_WATCH_MS = 60_000;

export function createReflector(options: ReflectorOptions): Reflector {
  const { clock } = options;
  const backoff = createBackoff(BACKOFF_FIRST_MS, BACKOFF_MAX_MS, options.random);
  const refusals = createBackoff(BACKOFF_FIRST_MS, options.refusedMaxMs ?? BACKOFF_MAX_MS, options.random);
  const sync = Promise.withResolvers<void>();
  let synced = false;
  let listedOnce = false;
  let absent = false;
  let lastEventAt: number | undefined;
  let failure: unknown;

  function note({ outcome }: Step): void {
    switch (outcome.type) {
      case "Listed":
        listedOnce = true;
        markSynced(false);
        break;
      case "Failed":
        failure = outcome.error;
        options.onFailure?.(outcome.error);
        // Once it was there, an answer that it isn't is no reason to forget what it held.
        if (!listedOnce && outcome.duringList && isNotFound(outcome.error)) markSynced(true);
        return;
      case "Ended":
      case "Asked":
        return;
      case "Heard":
        break;
    }
    const recovered = failure !== undefined;
    failure = undefined;
    lastEventAt = clock.now();
    if (recovered) options.onRecovery?.();
  }

  function markSynced(isAbsent: boolean): void {
    absent = isAbsent;
    synced = true;
    sync.resolve();
  }

  /** How long to wait before the next step. */
  function pauseAfter({ outcome }: Step): number {
    if (outcome.type === "Listed") refusals.reset();
    if (outcome.type === "Listed" || outcome.type === "Heard" || outcome.type === "Asked") return 0;
    const healthy = outcome.livedMs >= HEALTHY_WATCH_MS;
    if (healthy) {
      backoff.reset();
      refusals.reset();
    }
    if (outcome.type === "Ended" && healthy) return 0;
    const toldMs = outcome.type === "Failed" && outcome.error instanceof ApiError ? (outcome.error.retryAfterMs ?? 0) : 0;
    const { next } = outcome.type === "Failed" && isRefusal(outcome.error) ? refusals : backoff;
    return Math.max(toldMs, next());
  }

  async function run(signal: AbortSignal): Promise<void> {
    let state: ReflectorState = EMPTY;
    try {
      while (!signal.aborted) {
        const done: Step = await step(state, options, signal);
        state = done.state;
        note(done);
        const pauseMs = pauseAfter(done);
        if (pauseMs > 0) await clock.sleep(pauseMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  return {
    resource: options.resource,
    namespace: options.namespace,
    get synced() {
      return synced;
    },
    get absent() {
      return absent;
    },
    get lastEventAt() {
      return lastEventAt;
    },
    get failure() {
      return failure;
    },
    whenSynced: sync.promise,
    run,
  };
}

/** The server does not know the kind, or does not let us read it. Not a page of somebody in between. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404) && error.reason !== "BadAnswer";
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
