/** The work queue's worker: one reconcile of one rollout, what it says in the log, and when it looks again. */
import { setImmediate } from "node:timers/promises";
import type { Logger } from "pino";
import { classOf } from "../api/class.ts";
import type { Queue } from "../cluster/queue.ts";
import type { RolloutObject } from "../engine/types.ts";
import { type Memory, NO_MEMORY, type ReconcileContext, type Reconciled, reconcile } from "./reconcile.ts";
import type { Telemetry } from "./telemetry.ts";

export interface LoopOptions {
  readonly context: ReconcileContext;
  /** Rollouts of other classes are somebody else's. */
  readonly class: string;
  readonly queue: () => Queue;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly monotonic: () => number;
}

export interface Loop {
  run(key: string, reasons: readonly string[]): Promise<void>;
  /** Milliseconds that the oldest reconcile under way has taken. */
  longestMs(): number;
}

/** The API server may refuse lowering for a moment: asked again soon, on a clock of its own. */
const LOWERING_RETRY_MS = 1_000;

export function createLoop(options: LoopOptions): Loop {
  const { context, telemetry, log, monotonic } = options;
  const memories = new Map<string, Memory & { readonly uid: string | undefined }>();
  const running = new Map<string, number>();
  let count = 0;

  async function run(key: string, reasons: readonly string[]): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const rollout = context.cache.get("canaryRollouts", namespace, name) as RolloutObject | undefined;
    if (rollout === undefined || classOf(rollout) !== options.class) {
      forget(key);
      return;
    }
    const { uid } = rollout.metadata;
    // Deleted and made anew between two looks: another rollout of the same name.
    if (memories.has(key) && memories.get(key)?.uid !== uid) forget(key);
    const started = monotonic();
    running.set(key, started);
    try {
      const done = await reconcile(rollout, memories.get(key) ?? NO_MEMORY, context);
      memories.set(key, { ...done.memory, uid });
      telemetry.decided(key, done.plan);
      telemetry.reconciled((monotonic() - started) / 1000, done.result.ok);
      count += 1;
      report(log.child({ rollout: key, revision: done.plan.view.canary?.revision, reconcile: count }), done, reasons);
      lookAgain(options.queue(), context.now(), key, done);
    } finally {
      running.delete(key);
      // What came in meanwhile, a bad sample perhaps, is heard before the next of many.
      await setImmediate();
    }
  }

  function forget(key: string): void {
    memories.delete(key);
    telemetry.forget(key);
    context.feed.request(key, undefined);
    context.cache.releasePods(key);
    context.cache.releasePods(`${key}#clients`);
    options.queue().forget(key);
  }

  return { run, longestMs: () => Math.max(0, ...[...running.values()].map((since) => monotonic() - since)) };
}

/** When a rollout is looked at again, beside what changes under it. */
export function lookAgain(queue: Queue, now: number, key: string, { plan, result }: Reconciled): void {
  if (result.ok) {
    queue.forget(key);
    if (plan.wakeAt !== undefined) {
      queue.addAt(key, plan.wakeAt, "time");
    }
  } else if (!result.conflict && plan.lower.length > 0) {
    queue.addAt(key, now + LOWERING_RETRY_MS, "lower again");
  } else {
    queue.retry(key, result.conflict ? "conflict" : "error");
  }
}

function report(log: Logger, { plan, result }: Reconciled, reasons: readonly string[]): void {
  const fields = { because: reasons, why: plan.why, lower: plan.lower.map(({ why }) => why), raise: plan.raise.map(({ why }) => why) };
  if (!result.ok && !result.conflict) {
    log.warn({ ...fields, error: result.error }, "reconcile failed, tried again");
  } else if (plan.status !== undefined || plan.lower.length > 0 || plan.raise.length > 0) {
    log.info({ ...fields, phase: plan.view.phase, conflict: !result.ok }, plan.view.message ?? "");
  } else {
    log.debug(fields, plan.view.message ?? "");
  }
}
