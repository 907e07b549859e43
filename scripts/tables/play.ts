/** Plays cells on every core, each once, the longest first come. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Cell } from "../../src/sim/arms/cell.ts";
import type { Summary } from "../../src/sim/arms/ending.ts";

/** In the order of `cells`; `onDone` hears how many are done. */
export function playCells(cells: readonly Cell[], onDone: (done: number) => void): Promise<readonly Summary[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Summary[]>();
  const summaries: Summary[] = [];
  let [sent, done] = [0, 0];
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(new URL("worker.ts", import.meta.url)));
  const next = (worker: Worker) => {
    if (sent < cells.length) worker.postMessage({ id: sent, cell: cells[sent] });
    sent += 1;
  };
  for (const worker of workers) {
    worker.on("error", reject).on("message", ({ id, summary }: { readonly id: number; readonly summary: Summary }) => {
      summaries[id] = summary;
      done += 1;
      onDone(done);
      next(worker);
      if (done === cells.length) resolve(summaries);
    });
    next(worker);
  }
  return promise.finally(() => {
    for (const worker of workers) void worker.terminate();
  });
}
