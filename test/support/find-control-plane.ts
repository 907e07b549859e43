/** Before the cluster tests: the control plane's programs are found or built once, and told where that takes long. */
import { findBinaries } from "../../src/standin/control-plane/binaries.ts";

export default async function setup(): Promise<void> {
  await findBinaries({ say: (line) => console.log(line) });
}
