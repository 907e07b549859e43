/** One core of the tables: plays the cells that it is sent. */
import { parentPort } from "node:worker_threads";
import { type Cell, playCell } from "../../src/sim/arms/cell.ts";

parentPort?.on("message", ({ id, cell }: { readonly id: number; readonly cell: Cell }) => {
  parentPort?.postMessage({ id, summary: playCell(cell) });
});
