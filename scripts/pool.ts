/** Many tasks on every core. They are given out one by one, so that no core waits for another's longer ones. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

export interface Pool {
  /** Every task was done, or `stop` was called; throws where a worker died. */
  readonly done: Promise<void>;
  stop(): void;
}

/** So that a worker has its next task when it is done with one. */
const TASKS_AT_ONCE = 2;

/** `script` is a worker that answers each message with one. */
export function startPool<Task, Told>(script: URL, tasks: Iterator<Task>, onTold: (told: Told) => void): Pool {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let out = 0;
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(script));

  function stop(): void {
    resolve();
    for (const worker of workers) {
      worker.removeAllListeners("message");
      void worker.terminate();
    }
  }

  function next(worker: Worker): void {
    const { value, done } = tasks.next();
    if (done !== true) {
      out += 1;
      worker.postMessage(value);
    } else if (out === 0) {
      stop();
    }
  }

  function fail(error: unknown): void {
    reject(error);
    stop();
  }

  for (const worker of workers) {
    worker.on("error", fail).on("message", (told: Told) => {
      out -= 1;
      onTold(told);
      next(worker);
    });
    for (let n = 0; n < TASKS_AT_ONCE; n++) {
      next(worker);
    }
  }
  return { done: promise, stop };
}
