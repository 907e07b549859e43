/** One core of the tables: plays the cells that it is sent. */
import { parentPort } from "node:worker_threads";
import { playCell } from "../../src/sim/arms/cell.ts";
import type { Task, Told } from "./play.ts";

parentPort?.on("message", ({ id, cell }: Task) => {
  parentPort?.postMessage({ id, summary: playCell(cell) } satisfies Told);
});
