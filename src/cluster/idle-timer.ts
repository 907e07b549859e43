/** Calls once when nothing has touched it for a while. One pending timer, however often it is touched. */
import type { Clock } from "../domain/clock.ts";

export class WatchIsSilent extends Error {
  override readonly name = "WatchIsSilent";
  constructor(ms: number) {
    super(`the watch was silent for ${ms / 1000} s`);
  }
}

export interface IdleTimer {
  /** From now on for so long. */
  touch(idleMs: number): void;
  stop(): void;
}

export function createIdleTimer(clock: Clock, firstMs: number, onIdle: (idleMs: number) => void): IdleTimer {
  let limitMs = firstMs;
  let touchedAt = clock.monotonic();
  let pendingUntil = touchedAt + firstMs;
  let cancel = clock.schedule(firstMs, check);

  function check(): void {
    const leftMs = touchedAt + limitMs - clock.monotonic();
    if (leftMs <= 0) onIdle(limitMs);
    else wait(leftMs);
  }

  function wait(ms: number): void {
    pendingUntil = clock.monotonic() + ms;
    cancel = clock.schedule(ms, check);
  }

  return {
    touch(idleMs) {
      limitMs = idleMs;
      touchedAt = clock.monotonic();
      if (pendingUntil <= touchedAt + idleMs) return;
      cancel();
      wait(idleMs);
    },
    stop: () => cancel(),
  };
}
