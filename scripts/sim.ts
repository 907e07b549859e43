/**
 * `npm run sim -- --seed N` plays one history and prints it; `--histories M --from N` plays many and prints what broke;
 * `--hours H` or `--forever` goes on until the first that breaks, and prints that one made short.
 * The same seed tells the same story every time.
 */
import { parseArgs } from "node:util";
import { drawPlot } from "../src/sim/histories/draw.ts";
import { type History, playHistory } from "../src/sim/histories/play.ts";
import { shrink } from "../src/sim/histories/shrink.ts";
import { crds } from "../test/support/manifests.ts";
import { type Pool, startPool } from "./pool.ts";
import { startTally, type Tally } from "./sim/tally.ts";
import type { Told } from "./sim/worker.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    histories: { type: "string" },
    from: { type: "string" },
    hours: { type: "string" },
    forever: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
  },
});

const served = crds();
const WORKER = new URL("sim/worker.ts", import.meta.url);

async function one(seed: number, short: boolean): Promise<void> {
  const told = await playHistory(drawPlot(seed), served);
  const shown = short && told.broken.length > 0 ? await shortest(told) : told;
  console.log(JSON.stringify(shown.plot));
  console.log(shown.lines.join("\n"));
  console.log(shown.broken.length === 0 ? `seed ${seed}: no invariant broken` : `seed ${seed}: ${shown.broken.join("\n")}`);
  process.exitCode = shown.broken.length === 0 ? 0 : 1;
}

async function shortest(told: History): Promise<History> {
  const first = essence(told);
  const plot = await shrink(told.plot, async (candidate) => essence(await playHistory(candidate, served)) === first);
  return playHistory(plot, served);
}

/** What broke first, whenever it was. */
function essence({ broken }: History): string | undefined {
  return broken[0]
    ?.replace(/^[\d.]+s /, "")
    .replace(/\d+/g, "n")
    .slice(0, 40);
}

async function many(count: number, from: number): Promise<void> {
  const tally = startTally(count);
  await watched(tally, startPool(WORKER, counting(from, from + count), noting(tally, say)), false);
  console.log(tally.summary(from));
  process.exitCode = tally.broken.length === 0 ? 0 : 1;
}

/** Until the time is over, the first that breaks, or Ctrl-C. */
async function long(hours: number, from: number): Promise<void> {
  const tally = startTally(undefined);
  const campaign = startPool(
    WORKER,
    counting(from, Number.POSITIVE_INFINITY),
    noting(tally, () => campaign.stop()),
  );
  const over = Number.isFinite(hours) ? setTimeout(() => campaign.stop(), hours * 3_600_000) : undefined;
  await watched(tally, campaign, true);
  clearTimeout(over);
  const [broken] = tally.broken;
  if (broken !== undefined) {
    await one(broken.seed, true);
    console.log(`to see it again: npm run sim -- --seed ${broken.seed} --shrink`);
  }
  console.log(tally.summary(from));
}

function* counting(from: number, end: number): Generator<number> {
  for (let seed = from; seed < end; seed++) {
    yield seed;
  }
}

function noting(tally: Tally, onBroken: (told: Told) => void): (told: Told) => void {
  return (told) => {
    tally.add(told);
    if (told.broken.length > 0) {
      onBroken(told);
    }
  };
}

function say({ seed, broken }: Told): void {
  console.log(`seed ${seed}: ${broken[0]?.split("\n").slice(0, 3).join(" ").slice(0, 300)}`);
}

const MINUTE_MS = 60_000;

/** On a terminal one line that moves; of a long run elsewhere a line a minute. Ctrl-C ends it with what there is. */
async function watched(tally: Tally, campaign: Pool, isLong: boolean): Promise<void> {
  const { isTTY } = process.stderr;
  const shown = setInterval(
    () => process.stderr.write(isTTY ? `\r${tally.progress()} ` : `${tally.progress()}\n`),
    isTTY ? 1_000 : MINUTE_MS,
  );
  if (!isTTY && !isLong) {
    clearInterval(shown);
  }
  process.once("SIGINT", () => campaign.stop());
  try {
    await campaign.done;
  } finally {
    clearInterval(shown);
    if (isTTY) {
      process.stderr.write("\n");
    }
  }
}

/** A number of the kind that is asked for, or a word about what is wrong with it. */
function number(name: "seed" | "histories" | "from" | "hours", fallback: number): number {
  const text = values[name];
  const value = text === undefined ? fallback : Number(text);
  const whole = name !== "hours";
  if (text === "" || !(value >= 0) || (whole && !Number.isSafeInteger(value))) {
    console.error(`--${name} ${text}: ${whole ? "a whole number, 0 or more" : "a number of hours, 0 or more"}`);
    process.exit(3);
  }
  return value;
}

if (values.seed !== undefined) {
  await one(number("seed", 1), values.shrink);
} else if (values.hours !== undefined || values.forever) {
  await long(values.forever ? Number.POSITIVE_INFINITY : number("hours", 1), number("from", 1));
} else {
  await many(number("histories", 500), number("from", 1));
}
