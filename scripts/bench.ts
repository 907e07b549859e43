/**
 * `npm run bench`: what Serin costs, on the in-memory API server; `-- --cluster`: on a real one, counted from its audit log.
 * `--idle 100,1000` and `--releases 1000` choose what is measured, `--interval 10` how often samples are taken and everything that follows
 * from it, `--json FILE` keeps the figures. `--source` runs the sources, for work on the measurement itself.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { findBinaries } from "../src/standin/control-plane/binaries.ts";
import { idle } from "./bench/idle.ts";
import { releases } from "./bench/releases.ts";
import { createSay } from "./bench/say.ts";
import { idleLines, machineLine, releaseLines } from "./bench/words.ts";

const { values } = parseArgs({
  options: {
    cluster: { type: "boolean", default: false },
    idle: { type: "string", default: "100,1000,5000" },
    releases: { type: "string", default: "1,1000" },
    replicas: { type: "string", default: "10" },
    "release-replicas": { type: "string", default: "4" },
    seconds: { type: "string", default: "60" },
    interval: { type: "string", default: "5" },
    source: { type: "boolean", default: false },
    json: { type: "string" },
  },
});

const say = createSay();
const end = new AbortController();
process.once("SIGINT", () => end.abort(new Error("interrupted")));

const binaries = values.cluster ? await findBinaries({ say: (text) => say.progress(text) }) : undefined;
const sizes = (text: string) =>
  text
    .split(",")
    .filter((size) => size !== "")
    .map(Number);
const [replicas, releaseReplicas, seconds] = [Number(values.replicas), Number(values["release-replicas"]), Number(values.seconds)];
const common = { binaries, fromSource: values.source, intervalSeconds: Number(values.interval) };

say.line(machineLine(values.cluster));
const results = { idle: [] as object[], releases: [] as object[] };
for (const rollouts of sizes(values.idle)) {
  const result = await idle({ ...common, rollouts, replicas, seconds }, say, end.signal);
  results.idle.push(result);
  for (const line of idleLines(result)) say.line(line);
}
for (const count of sizes(values.releases)) {
  const one = count === 1;
  const result = await releases(
    { ...common, releases: count, replicas: one ? replicas : releaseReplicas, badOneIn: Math.min(10, Math.max(2, count)) },
    say,
    end.signal,
  );
  results.releases.push(result);
  for (const line of releaseLines(result)) say.line(line);
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
