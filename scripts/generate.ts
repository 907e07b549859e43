/**
 * Writes what is generated from the schemas in `src/api`: the CRD, the editor schema and the field reference.
 * With `--check` nothing is written; the exit code is 1 when a file is missing or stale.
 */
import { readFile, writeFile } from "node:fs/promises";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { canaryRolloutCrd } from "../src/api/crd.ts";
import { editorSchema } from "../src/api/editor-schema.ts";
import { reference } from "../src/api/reference.ts";

const files: Readonly<Record<string, string>> = {
  "crds/serin.dev_canaryrollouts.yaml": `# Generated from src/api by "npm run generate".\n${stringify(canaryRolloutCrd(), { lineWidth: 0, aliasDuplicateObjects: false })}`,
  "crds/canaryrollout.schema.json": `${JSON.stringify(editorSchema(), null, 2)}\n`,
  "docs/reference.md": reference(),
};

async function isFresh(path: string, text: string): Promise<boolean> {
  return (await readFile(path, "utf8").catch(() => undefined)) === text;
}

const check = argv.includes("--check");
let stale = false;
for (const [file, text] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  if (await isFresh(path, text)) continue;
  stale = true;
  if (!check) await writeFile(path, text);
  console.log(check ? `${file} is stale: run "npm run generate" and commit it` : `${file} written`);
}
exit(check && stale ? 1 : 0);
