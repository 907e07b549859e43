/** Time that moves only when told to. Timers run in order, each with every promise that it settled, before the next. */
import type { Clock } from "../../src/domain/clock.ts";

export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>;
  /** The process is stopped or its loop blocked: time passes, no timer runs until the next `advance`. */
  block(ms: number): void;
  /** Somebody sets the wall clock. */
  shiftWall(ms: number): void;
  readonly timers: number;
}

export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0;
  let wall = startMs;
  const pending = new Set<{ readonly at: number; readonly run: () => void }>();

  function schedule(ms: number, run: () => void): () => void {
    const timer = { at: elapsed + Math.max(0, ms), run };
    pending.add(timer);
    return () => pending.delete(timer);
  }

  async function advance(ms: number): Promise<void> {
    const end = elapsed + ms;
    await settle();
    for (;;) {
      const next = [...pending].reduce(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined as { at: number; run: () => void } | undefined,
      );
      if (next === undefined || next.at > end) break;
      pending.delete(next);
      elapsed = Math.max(elapsed, next.at);
      next.run();
      await settle();
    }
    elapsed = Math.max(elapsed, end);
  }

  return {
    now: () => wall + elapsed,
    monotonic: () => elapsed,
    schedule,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = schedule(ms, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    advance,
    block(ms) {
      elapsed += ms;
    },
    shiftWall(ms) {
      wall += ms;
    },
    get timers() {
      return pending.size;
    },
  };
}

/** Lets every promise that can go on go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same time as a process sees it that can be stopped: its timers fire late, in order, when it goes on. */
export function createProcessClock(base: Clock): Clock & { stop(): void; resume(): void } {
  let stopped = false;
  let late: (() => void)[] = [];
  function schedule(ms: number, run: () => void): () => void {
    let cancelled = false;
    const fire = () => {
      if (cancelled) return;
      if (stopped) late.push(fire);
      else run();
    };
    const cancel = base.schedule(ms, fire);
    return () => {
      cancelled = true;
      cancel();
    };
  }
  return {
    now: base.now,
    monotonic: base.monotonic,
    schedule,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const cancel = schedule(ms, resolve);
        signal?.addEventListener(
          "abort",
          () => {
            cancel();
            reject(signal.reason);
          },
          { once: true },
        );
      });
    },
    stop() {
      stopped = true;
    },
    resume() {
      stopped = false;
      const run = late;
      late = [];
      for (const fire of run) fire();
    },
  };
}
