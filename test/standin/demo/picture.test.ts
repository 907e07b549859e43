import { expect, test } from "vitest";
import { pictureOf, type Scene } from "../../../src/standin/demo/picture.ts";

const plain = (_style: unknown, text: string) => text;

const tally = {
  requests: 5000,
  failures: 12,
  skipped: 0,
  causes: {},
  byVersion: { v2: { requests: 4000, failures: 2, firstFailureAt: 1 }, v3: { requests: 1000, failures: 10, firstFailureAt: 2 } },
  lastSecond: { requests: 200, failures: 3, byVersion: { v2: 190, v3: 10 } },
};

const scene: Scene = {
  title: "2 of 3  A bad release",
  seconds: 67,
  versions: ["v2", "v3"],
  tally,
  failedBefore: { v2: 2 },
  pods: new Map([
    ["v2", { all: 6, ready: 6 }],
    ["v3", { all: 1, ready: 1 }],
  ]),
  rollout: {
    weights: [1, 5, 20, 50],
    status: {
      phase: "Progressing",
      message: "step 2/4, 5 %: gathering evidence",
      step: { index: 1, weight: "5%", state: "Analysing", startedAt: "2026-11-25T10:00:00Z" },
      analysis: {
        verdict: "Inconclusive",
        checks: [
          { name: "success-rate", verdict: "Inconclusive", canary: "99%", stable: "100%", requests: { canary: 1000, stable: 4000 } },
        ],
      },
    },
  },
};

test("shows steps, who answers, and the numbers", () => {
  expect(pictureOf(scene, plain)).toEqual([
    "",
    "2 of 3  A bad release  1:07",
    "├ steps   1% ✔  5% ●  20% ○  50% ○  bake ○",
    `├ traffic v2 ${"█".repeat(38)}${"·".repeat(2)}  190/s  6/6 pods  none failed`,
    `├         v3 ${"█".repeat(2)}${"·".repeat(38)}   10/s  1/1 pods  10 failed`,
    "├ check   success-rate Inconclusive  canary 99% of 1,000  stable 100% of 4,000",
    "└ Progressing  step 2/4, 5 %: gathering evidence",
  ]);
});

test("an act without Serin has no steps and no checks", () => {
  const lines = pictureOf({ ...scene, rollout: undefined }, plain);
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toBe("└ nobody watches");
});

test("a version that gets any request is seen", () => {
  const few = { ...tally, lastSecond: { requests: 200, failures: 0, byVersion: { v2: 199, v3: 1 } } };
  expect(pictureOf({ ...scene, tally: few }, plain)[4]).toContain("v3 █·");
});
