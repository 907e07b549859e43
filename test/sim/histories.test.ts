/** Seeded histories: whatever people, tools, networks and crashes do, the invariants hold and everything ends. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawPlot, type Plot } from "../../src/sim/histories/draw.ts";
import { playHistory } from "../../src/sim/histories/play.ts";
import { shrink } from "../../src/sim/histories/shrink.ts";
import { crds } from "../support/manifests.ts";

const served = crds();
const HISTORIES = 300;

/** Bugs that a history found, by its seed, and what it was. Their plots are kept as they were drawn then (`plots/`). */
const NAMED: readonly (readonly [number, string])[] = [
  [3, "a watch that is late: the route was seen after its deletion, and the apex was pinned and unpinned in turn"],
  [44, "a status that had to wait for its turn was asked for again and again without time passing"],
  [210, "a rejected template's trial was deleted, and with it the only copy of stable"],
  [1292, "stable's set was deleted: Kubernetes started an older version, and the freeze came in the middle of its replacement"],
  [20051, "a newer template after the hand-over: Kubernetes shrank the adopted set and Serin grew it, ten times a second"],
  [40466, "a tool raised the weight and the watch was late: the cut wrote its mark and left the weight"],
  [4631, "of two processes one took the weight back before the other's raise had arrived, and left the route as it was: the raise landed"],
  [100001, "the controller's clock was set back by an hour and its process killed: a bad version kept its weight for an hour"],
  [114, "frozen always where the policies are in force: they put the pause back that the deletion took off, with nobody there any more"],
  [901534, "the rollout was deleted, and an undo brought its mark back from a ReplicaSet: the next change was frozen for nobody"],
  [2000018, "replaced whole while the rollout was being deleted: the policy kept it paused, and nobody took its mark off"],
  [
    7,
    "etcd was restored from a backup: the release was told as over from what one watch knew anew and the others did not, its Services stayed",
  ],
  [3231, "the same, found out a moment too late: the Deployment was frozen for a rollout that had never been"],
  [3223, "the lease was lost with the backup: another took it while who had held it might still write"],
  [225, "the process was killed while its clock was hours behind: what was rolled back an hour ahead was never cleaned up"],
  [
    100726,
    "replaced whole in a release, and stable's set deleted, with nobody there: taken for another Deployment, its trial was deleted and nothing ran",
  ],
  [
    202444,
    "the freeze policies came back while Kubernetes made stable's set anew: Ready, with a deadline and a mark of the freeze left over",
  ],
  [51434, "left frozen on an untried template, then scaled to nothing: a new rollout waited for ever for a set that runs"],
];

describe("a seed", () => {
  test("tells the same story every time", async () => {
    const [first, second] = [await playHistory(drawPlot(7), served), await playHistory(drawPlot(7), served)];
    expect(second.lines).toEqual(first.lines);
    expect(first.lines.length).toBeGreaterThan(10);
  });

  test.each(NAMED)("%i: %s", async (seed) => {
    const plot = JSON.parse(readFileSync(new URL(`plots/${seed}.json`, import.meta.url), "utf8")) as Plot;
    expect((await playHistory(plot, served)).broken).toEqual([]);
  });
});

test(`${HISTORIES} histories: no invariant breaks, and every outcome is seen`, async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const { broken, outcomes: told } = await playHistory(drawPlot(seed), served);
    expect({ seed, broken }).toEqual({ seed, broken: [] });
    for (const outcome of told) {
      outcomes.add(outcome);
    }
  }
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(["NoPods", "Promoted", "Removed", "Reverted", "RolledBack", "Superseded"]));
}, 300_000);

test("a history that breaks is shortened to what breaks it", async () => {
  const plot = drawPlot(11);
  const breaks = (candidate: Plot) => Promise.resolve(candidate.happenings.some(({ deed }) => deed.kind === "push"));
  const short = await shrink(plot, breaks);
  expect(short.happenings).toHaveLength(1);
  expect(short.lags.every((lag) => lag === 0)).toBe(true);
});
