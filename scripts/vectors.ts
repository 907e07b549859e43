/**
 * `npm run vectors -- FILE` compares the guard with a file of test vectors: every elementary value, and everything that comes out
 * of every scrape. Exit code 0: equal to 1e-9; 1: not; 2: the file cannot be read, or is none.
 */
import { readFileSync } from "node:fs";
import { compare } from "./vectors/compare.ts";
import { vectorsIn } from "./vectors/file.ts";

const LIMIT = 1e-9;

function main(file: string | undefined): number {
  if (file === undefined) {
    console.error("which file? npm run vectors -- test/fixtures/analysis/vectors.json");
    return 2;
  }
  try {
    const { largest, values, scrapes } = compare(vectorsIn(readFileSync(file, "utf8")));
    console.log(
      `${scrapes.toLocaleString("en")} scrapes, ${values.toLocaleString("en")} values; the largest difference is ${largest.size.toExponential(1)}, at ${largest.where}`,
    );
    return largest.size <= LIMIT ? 0 : 1;
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
}

process.exitCode = main(process.argv[2]);
