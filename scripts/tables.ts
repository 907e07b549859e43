/**
 * `npm run tables` plays thousands of simulated releases under the guard and under policies like Flagger's, Argo's and Kayenta's,
 * on the same traffic, and prints what each found, what it cost, and how often it refused a good release. `--scale 0.1` plays a
 * tenth of them, `--only N` one table; the same seed gives the same tables.
 */
import { parseArgs } from "node:util";
import type { Cell } from "../src/sim/arms/cell.ts";
import type { Summary } from "../src/sim/arms/ending.ts";
import { playCells } from "./tables/play.ts";
import { type Table, tablesOf } from "./tables/tables.ts";

const { values } = parseArgs({
  options: { scale: { type: "string", default: "1" }, only: { type: "string" }, seed: { type: "string", default: "1" } },
});

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return number;
}

/** Each cell once, however many columns show it. */
function distinct(tables: readonly Table[]): ReadonlyMap<string, Cell> {
  const cells = tables.flatMap(({ rows }) => rows.flatMap(({ columns }) => columns.flatMap(({ cells: of }) => of)));
  return new Map(cells.map((cell) => [JSON.stringify(cell), cell]));
}

function written({ title, head, rows }: Table, summaryOf: (cell: Cell) => Summary): string {
  const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const body = rows.map(({ label, columns }) => line([...label, ...columns.map((column) => column.written(column.cells.map(summaryOf)))]));
  return [`## ${title}`, "", line(head), line(head.map(() => "---")), ...body, ""].join("\n");
}

async function main(): Promise<void> {
  const all = tablesOf(whole("scale", values.scale));
  const tables = values.only === undefined ? all : all.slice(whole("only", values.only) - 1, Number(values.only));
  const cells = distinct(tables);
  const seed = whole("seed", values.seed);
  const began = Date.now();
  const seeded = [...cells.values()].map((cell, index) => ({ ...cell, seed: seed * 100_003 + index }));
  const summaries = await playCells(seeded, (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${seeded.length} cells`);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const byCell = new Map([...cells.keys()].map((key, index) => [key, summaries[index]!]));
  for (const table of tables) console.log(written(table, (cell) => byCell.get(JSON.stringify(cell))!));
  const releases = seeded.reduce((sum, cell) => sum + cell.releases, 0);
  console.log(`${releases.toLocaleString("en")} releases in ${Math.round((Date.now() - began) / 1000)} s.`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
