/** Calls once when nothing has touched it for a while. One pending timer, however often it is touched. */
import type { Clock } from "../domain/clock.ts";

export class WatchIsSilent extends Error {
  override readonly name = "WatchIsSilent";
  constructor(ms: number) {
    super(`the watch was silent for ${ms / 1000} s`);
  }
}

export interface IdleTimer {
  touch(): void;
  stop(): void;
}

export function createIdleTimer(clock: Clock, idleMs: number, onIdle: () => void): IdleTimer {
  let touchedAt = clock.monotonic();
  let cancel = clock.schedule(idleMs, check);

  function check(): void {
    const leftMs = touchedAt + idleMs - clock.monotonic();
    if (leftMs <= 0) onIdle();
    else cancel = clock.schedule(leftMs, check);
  }

  return {
    touch() {
      touchedAt = clock.monotonic();
    },
    stop: () => cancel(),
  };
}
