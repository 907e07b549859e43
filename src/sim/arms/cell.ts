/** One cell of a table: many releases of one setting under one policy, the same for the same seed. */
import { seededRandom } from "../kube/random.ts";
import { type Summary, summaryOf } from "./ending.ts";
import { POLICIES, type PolicyName } from "./policies/index.ts";
import { createTraffic, GOOD_SETTING, type Setting } from "./traffic.ts";

export interface Cell {
  readonly policy: PolicyName;
  readonly setting: Partial<Setting>;
  readonly releases: number;
  readonly scrapeSeconds?: number;
  readonly seed?: number;
}

export function playCell({ policy, setting, releases, scrapeSeconds = 15, seed = 1 }: Cell): Summary {
  const random = seededRandom(seed);
  const play = POLICIES[policy](scrapeSeconds);
  return summaryOf(Array.from({ length: releases }, () => play(createTraffic({ ...GOOD_SETTING, ...setting }, random))));
}
