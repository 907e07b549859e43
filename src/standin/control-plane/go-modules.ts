/** Where a checkout pins what the cluster tests take from Go modules; the published package has none of them. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A folder with a go.mod: of the control plane itself, or of what is named. */
export function moduleFolder(name = "."): string | undefined {
  const folder = fileURLToPath(new URL(`../../../test/cluster/${name}/`, import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
