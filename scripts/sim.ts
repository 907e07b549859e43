/**
 * `npm run sim -- --seed N` plays one history and prints it; `--histories M --from N` plays many and prints what broke.
 * The same seed tells the same story every time.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { drawPlot } from "../src/sim/histories/draw.ts";
import { type History, playHistory } from "../src/sim/histories/play.ts";
import { shrink } from "../src/sim/histories/shrink.ts";
import { crds } from "../test/support/manifests.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    histories: { type: "string" },
    from: { type: "string" },
    shrink: { type: "boolean", default: false },
  },
});

const served = crds();
const play = (seed: number) => playHistory(drawPlot(seed), served);

async function one(seed: number): Promise<void> {
  const told = await play(seed);
  const shown = values.shrink && told.broken.length > 0 ? await shortest(told) : told;
  console.log(JSON.stringify({ ...shown.plot, happenings: shown.plot.happenings.length }));
  console.log(shown.lines.join("\n"));
  console.log(shown.broken.length === 0 ? `seed ${seed}: no invariant broken` : `seed ${seed}: ${shown.broken.join("\n")}`);
  process.exitCode = shown.broken.length === 0 ? 0 : 1;
}

async function shortest(told: History): Promise<History> {
  const first = told.broken[0]?.slice(0, 30);
  const plot = await shrink(told.plot, async (candidate) => (await playHistory(candidate, served)).broken[0]?.slice(0, 30) === first);
  return playHistory(plot, served);
}

interface Told {
  readonly seed: number;
  readonly outcomes: readonly string[];
  readonly broken: readonly string[];
}

/** One worker a core; each plays every so manieth seed. */
async function many(count: number, from: number): Promise<void> {
  const started = performance.now();
  const outcomes = new Map<string, number>();
  const broken: number[] = [];
  let done = 0;
  const note = (told: Told) => {
    done += 1;
    for (const outcome of told.outcomes) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (told.broken.length > 0) {
      broken.push(told.seed);
      console.log(`seed ${told.seed}: ${told.broken[0]?.split("\n").slice(0, 3).join(" ").slice(0, 300)}`);
    }
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${done}/${count} `);
    }
  };
  const workers = Math.min(count, availableParallelism());
  await Promise.all(Array.from({ length: workers }, (_, index) => played({ first: from + index, end: from + count, step: workers }, note)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const told = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ");
  console.log(`${count} histories from seed ${from} in ${seconds} s: ${broken.length} broken; ${told}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

interface Share {
  readonly first: number;
  readonly end: number;
  readonly step: number;
}

function played(share: Share, note: (told: Told) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker
      .on("message", note)
      .on("error", reject)
      .on("exit", () => resolve());
  });
}

async function playShare({ first, end, step }: Share): Promise<void> {
  for (let seed = first; seed < end; seed += step) {
    const { outcomes, broken } = await play(seed);
    parentPort?.postMessage({ seed, outcomes, broken } satisfies Told);
  }
}

/** A whole number, or a word about what is wrong with it. */
function whole(name: "seed" | "histories" | "from", fallback: number): number {
  const text = values[name];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    console.error(`--${name} ${text}: a whole number, 0 or more`);
    process.exit(3);
  }
  return value;
}

if (!isMainThread) {
  await playShare(workerData as Share);
} else if (values.seed !== undefined) {
  await one(whole("seed", 1));
} else {
  await many(whole("histories", 500), whole("from", 1));
}
