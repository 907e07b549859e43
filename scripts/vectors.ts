/**
 * `npm run vectors -- FILE`: compares the sequential comparison with the values of its reference implementation.
 * Exit codes: 0 within 1e-9, 1 above, 2 for a file that cannot be read or is not of the form.
 */
import { readFile } from "node:fs/promises";
import { argv, exit } from "node:process";
import { compareVectors, isAbove } from "./vectors/compare.ts";
import type { Difference } from "./vectors/difference.ts";
import { parseVectors } from "./vectors/format.ts";

const [file, ...more] = argv.slice(2);
if (file === undefined || more.length > 0) fail("usage: npm run vectors -- FILE");

const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => fail(`${file}: cannot be read (${error.code})`));
const parsed = parseVectors(text);
if (!parsed.ok) fail(`${file}: ${parsed.why}`);

const { elementary, rollouts } = parsed.value;
const values = compareVectors(parsed.value);
const above = values.filter(isAbove);
const scrapes = rollouts.reduce((sum, { rows }) => sum + rows.length, 0);
console.log(`largest difference: ${said(largest(values))}`);
console.log(
  `${elementary.length} elementary values, ${rollouts.length} rollouts, ${scrapes} scrapes: ${above.length} of ${values.length} compared values differ by more than 1e-9`,
);
exit(above.length > 0 ? 1 : 0);

function largest(all: readonly Difference[]): Difference {
  return all.reduce((most, one) => (one.size > most.size ? one : most));
}

function said({ where, ours, theirs, size }: Difference): string {
  return `${size === 0 ? "0" : size.toExponential(2)} at ${where}: ${word(ours)} here, ${word(theirs)} in the file`;
}

/** Infinity and NaN by their names. */
function word(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function fail(why: string): never {
  console.error(why);
  exit(2);
}
