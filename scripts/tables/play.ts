/** Plays cells on every core, each once. */
import type { Cell } from "../../src/sim/arms/cell.ts";
import type { Summary } from "../../src/sim/arms/ending.ts";
import { startPool } from "../pool.ts";

/** One cell and its place among all, as a worker gets it. */
export interface Task {
  readonly id: number;
  readonly cell: Cell;
}

export interface Told {
  readonly id: number;
  readonly summary: Summary;
}

/** In the order of `cells`; `onDone` hears how many are done. */
export async function playCells(cells: readonly Cell[], onDone: (done: number) => void): Promise<readonly Summary[]> {
  const summaries: Summary[] = [];
  let done = 0;
  const tasks = cells.map((cell, id): Task => ({ id, cell })).values();
  await startPool(new URL("worker.ts", import.meta.url), tasks, ({ id, summary }: Told) => {
    summaries[id] = summary;
    done += 1;
    onDone(done);
  }).done;
  return summaries;
}
