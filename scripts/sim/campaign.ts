/** Many histories on every core. Seeds are given out one by one, so that no core waits for another's longer ones. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Told } from "./worker.ts";

export interface Campaign {
  /** Every seed was played, or `stop` was called; throws where a worker died. */
  readonly done: Promise<void>;
  stop(): void;
}

/** So that a worker has its next seed when it is done with one. */
const SEEDS_AT_ONCE = 2;

export function startCampaign(seeds: Iterator<number>, onTold: (told: Told) => void): Campaign {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let out = 0;
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(new URL("worker.ts", import.meta.url)));

  function stop(): void {
    resolve();
    for (const worker of workers) {
      worker.removeAllListeners("message");
      void worker.terminate();
    }
  }

  function next(worker: Worker): void {
    const { value, done } = seeds.next();
    if (done !== true) {
      out += 1;
      worker.postMessage(value);
    } else if (out === 0) {
      stop();
    }
  }

  for (const worker of workers) {
    worker.on("error", reject).on("message", (told: Told) => {
      out -= 1;
      onTold(told);
      next(worker);
    });
    for (let n = 0; n < SEEDS_AT_ONCE; n++) {
      next(worker);
    }
  }
  return { done: promise, stop };
}
