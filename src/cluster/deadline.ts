/**
 * A time limit on top of a caller's signal. The link to the caller's signal is undone by `clear`, so that one signal may
 * live as long as the process and bound any number of calls.
 */
import type { Clock } from "../domain/clock.ts";

export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
}

export interface Deadline {
  /** Aborts with a `DeadlineExceeded`, or with the caller's reason. */
  readonly signal: AbortSignal;
  /** Ends the limit; the link to the caller's signal stays. */
  lift(): void;
  /** Ends both; the signal can't abort any more. */
  clear(): void;
}

export function startDeadline(clock: Clock, ms: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = () => controller.abort(signal?.reason);
  const cancel = clock.schedule(ms, () => controller.abort(new DeadlineExceeded(`no answer within ${ms} ms`)));
  if (signal?.aborted) follow();
  else signal?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    lift: cancel,
    clear() {
      cancel();
      signal?.removeEventListener("abort", follow);
    },
  };
}

/** The promise's result, or the signal's reason if that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
