/** One core of a campaign: plays the seeds that it is sent, one after the other, and tells what came of each. */
import { parentPort } from "node:worker_threads";
import { drawPlot } from "../../src/sim/histories/draw.ts";
import { playHistory } from "../../src/sim/histories/play.ts";
import { crds } from "../../test/support/manifests.ts";

export interface Told {
  readonly seed: number;
  readonly outcomes: readonly string[];
  /** What broke, in words. */
  readonly broken: readonly string[];
}

const served = crds();
let before = Promise.resolve();

parentPort?.on("message", (seed: number) => {
  before = before.then(() => play(seed));
});

async function play(seed: number): Promise<void> {
  const { outcomes, broken } = await playHistory(drawPlot(seed), served);
  parentPort?.postMessage({ seed, outcomes, broken } satisfies Told);
}
