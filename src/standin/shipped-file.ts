/** Where manifests are that ship beside the code: in a source checkout, and beside the published bundle. By name, or by path for `deploy/`. */
import { existsSync, readFileSync } from "node:fs";

const FOLDERS = ["./crds/", "../../crds/", "./", "../../"];

export function shippedFile(name: string): string {
  const found = FOLDERS.map((folder) => new URL(`${folder}${name}`, import.meta.url)).find((url) => existsSync(url));
  if (found === undefined) throw new Error(`${name} is missing from this installation`);
  return readFileSync(found, "utf8");
}
