/**
 * Keys that want a look, each once: the earliest time wins. Level-triggered: a key says that something changed, not what.
 *
 * A pass that is refused by the store (`StatusError`) comes again after 5 ms, 10 ms, 20 ms ... up to 1000 s, as Kubernetes' rate limiter has it;
 * a pass that succeeds forgets its failures. Other errors are mistakes of ours and go to the clock's caller.
 */
import type { Clock } from "../../../domain/clock.ts";
import { StatusError } from "../status-error.ts";

export interface WorkQueue {
  add(key: string, afterMs?: number): void;
  close(): void;
}

/** What a pass asks for: nothing, another one now (as after a failure), or one later. */
export type Again = undefined | "retry" | { readonly afterMs: number };

export interface QueueOptions {
  readonly clock: Clock;
  /** Between an event and the pass that it causes. */
  readonly latencyMs: number;
  readonly pass: (key: string) => Again;
}

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

export function createWorkQueue({ clock, latencyMs, pass }: QueueOptions): WorkQueue {
  const waiting = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  const failures = new Map<string, number>();

  function add(key: string, afterMs = latencyMs): void {
    const at = clock.monotonic() + afterMs;
    const known = waiting.get(key);
    if (known !== undefined && known.at <= at) {
      return;
    }
    known?.cancel();
    waiting.set(key, { at, cancel: clock.schedule(afterMs, () => run(key)) });
  }

  function run(key: string): void {
    waiting.delete(key);
    const again = attempt(key);
    if (again === "retry") {
      const failed = failures.get(key) ?? 0;
      failures.set(key, failed + 1);
      add(key, Math.min(FIRST_RETRY_MS * 2 ** failed, LAST_RETRY_MS));
      return;
    }
    failures.delete(key);
    if (again !== undefined) {
      add(key, again.afterMs);
    }
  }

  function attempt(key: string): Again {
    try {
      return pass(key);
    } catch (error) {
      if (error instanceof StatusError) {
        return "retry";
      }
      throw error;
    }
  }

  return {
    add,
    close() {
      for (const { cancel } of waiting.values()) {
        cancel();
      }
      waiting.clear();
    },
  };
}
