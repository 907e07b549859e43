/** Time as an argument: the wall clock for what is written down, a monotonic one for fences and time-outs. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back. */
  monotonic(): number;
  /** Calls `run` once after `ms`, soon where that is past; the answer cancels it. */
  schedule(ms: number, run: () => void): () => void;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Follows a clock's wall time forwards, and where that is set back goes on as time does until it is there again: within one
 * process nothing that was noted down lies ahead.
 */
export function steady(clock: Clock): Clock {
  let last = { wall: clock.now(), monotonic: clock.monotonic() };
  function now(): number {
    const monotonic = clock.monotonic();
    last = { wall: Math.max(clock.now(), Math.round(last.wall + monotonic - last.monotonic)), monotonic };
    return last.wall;
  }
  return { ...clock, now };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(done, Math.max(0, ms));
      function done() {
        signal?.removeEventListener("abort", abort);
        resolve();
      }
      function abort() {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
};
