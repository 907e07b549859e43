/** The same histories under onFail: Stop: releases stop in the middle of anything, and no invariant breaks. */
import { expect, test } from "vitest";
import { drawPlot, type Plot } from "../../src/sim/histories/draw.ts";
import { playHistory } from "../../src/sim/histories/play.ts";
import { crds } from "../support/manifests.ts";

const HISTORIES = 100;
const served = crds();

function stopping(plot: Plot): Plot {
  const happenings = plot.happenings.map((happening) =>
    happening.deed.kind === "edit" ? { ...happening, deed: { ...happening.deed, spec: stop(happening.deed.spec) } } : happening,
  );
  return { ...plot, happenings, spec: stop(plot.spec) };
}

function stop(spec: object): object {
  const { strategy } = spec as { readonly strategy?: object };
  return { ...spec, strategy: { ...strategy, onFail: "Stop" } };
}

test(`${HISTORIES} histories: no invariant breaks, and releases are stopped, promoted and rolled back`, async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const told = await playHistory(stopping(drawPlot(seed)), served);
    expect({ seed, broken: told.broken }).toEqual({ seed, broken: [] });
    for (const outcome of told.outcomes) outcomes.add(outcome);
  }
  expect([...outcomes]).toEqual(expect.arrayContaining(["Stopped", "Promoted", "RolledBack", "Superseded", "Reverted"]));
}, 180_000);
