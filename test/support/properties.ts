/** The same commit gives the same result: properties are tried with one seed, or with the one that `SERIN_SEED` names (`random`: any). */
import fc from "fast-check";

const asked = process.env["SERIN_SEED"] ?? "1";
const runs = process.env["SERIN_RUNS"];

fc.configureGlobal({
  ...(asked === "random" ? {} : { seed: Number(asked) }),
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
