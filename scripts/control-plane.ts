/** `npm run control-plane` finds, fetches or builds the programs that `npm run test:cluster` and `demo -- --real` start, and says where they are. */
import { findBinaries } from "../src/standin/control-plane/binaries.ts";

try {
  const found = await findBinaries({ say: (line) => console.log(line) });
  for (const [name, path] of Object.entries(found)) console.log(`${name}: ${path}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
