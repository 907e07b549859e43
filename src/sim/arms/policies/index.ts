/** The policies that are compared, by name. */
import type { PlayRelease } from "../ending.ts";
import { playArgo } from "./argo.ts";
import { playFlagger } from "./flagger.ts";
import { playGuard } from "./guard.ts";
import { playKayenta } from "./kayenta.ts";
import { playOracle } from "./oracle.ts";

/** Those that look at scrapes of their own interval, in seconds; the peers at 15 s. */
export const POLICIES = {
  oracle:
    (scrapeSeconds: number): PlayRelease =>
    (traffic) =>
      playOracle(traffic, { scrapeSeconds }),
  guard:
    (scrapeSeconds: number): PlayRelease =>
    (traffic) =>
      playGuard(traffic, { scrapeSeconds }),
  Flagger: (): PlayRelease => playFlagger,
  "Argo .95": (): PlayRelease => (traffic) => playArgo(traffic, { successRate: 0.95 }),
  "Argo .99": (): PlayRelease => (traffic) => playArgo(traffic, { successRate: 0.99 }),
  Kayenta: (): PlayRelease => playKayenta,
} as const;

export type PolicyName = keyof typeof POLICIES;
