#!/usr/bin/env node
/** The `serin` command; as `kubectl-serin` on PATH also `kubectl serin`. */
import { basename } from "node:path";
import { processIo } from "./io.ts";
import { runCli } from "./program.ts";

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  // The second one ends the process at once, as it would without us.
  process.once(name, () => interrupt.abort(new Error(name)));
}
// Whoever reads the output has seen enough: `serin status -w | head -1`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  interrupt.abort(error);
});
const asPlugin = basename(process.argv[1] ?? "").startsWith("kubectl-");
process.exitCode = await runCli(process.argv.slice(2), processIo(), interrupt.signal, asPlugin ? "kubectl serin" : "serin");
