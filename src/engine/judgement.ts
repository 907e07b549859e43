/**
 * What the samples say about the step in force: the evidence folded into memory, the verdict of the checks, and whether
 * the mesh confirms the weight that was written.
 */
import { fold } from "../analysis/bins.ts";
import { type Judged, judge } from "../analysis/judge.ts";
import { type AnalysisState, isForeignState, stateOf } from "../analysis/state.ts";
import type { Policy } from "../api/policy.ts";
import type { Scrape } from "../domain/samples.ts";
import { confirmShare, type ShareVerdict } from "../traffic/share.ts";
import { ladderOf, type Scene } from "./scene.ts";

export interface Judgement extends Judged {
  readonly state: AnalysisState;
  /** What goes into status: never less than what a later version of Serin left there. */
  readonly kept: { version: number };
  readonly share: Share;
}

export interface Share {
  readonly verdict: ShareVerdict;
  /** Milliseconds since the epoch of the scrape that confirmed the weight first. */
  readonly confirmedAt: number | undefined;
  /** Percent of the meshed requests since the weight was written; undefined without any. */
  readonly observed: number | undefined;
  /** Meshed requests of both versions since the weight was written. */
  readonly requests: number;
}

const RECENT_MS = 60_000;
const MIN_SCRAPES = 2;

export function judgementOf(scene: Scene, policy: Policy): Judgement {
  const { o, status, now } = scene;
  const stored = status.analysis?.state;
  const since = millis(status.step?.startedAt) ?? now;
  const state = fold(stateOf(stored), o.samples.scrapes, { limitsMs: policy.analysis.latency.map(({ maxMs }) => maxMs), since });
  const share = shareOf(scene);
  if (stored !== undefined && isForeignState(stored)) {
    const why = "status.analysis.state was written by another version of Serin: held; retry to judge afresh";
    return { verdict: "Inconclusive", checks: [], why, thin: false, state, kept: stored, share };
  }
  const judged = judge({
    policy: policy.analysis,
    state,
    now,
    since,
    fault: o.samples.fault,
    bake: (status.step?.index ?? 0) >= ladderOf(policy).length - 1,
    explicit: { successRate: isSuccessRateWritten(scene) },
  });
  return { ...judged, state, kept: state, share };
}

/** The default is a comparison's stand-in: at 100 % only what somebody wrote applies. */
function isSuccessRateWritten({ o }: Scene): boolean {
  const spec = o.rollout["spec"] as { analysis?: { successRate?: { min?: unknown } } } | undefined;
  return spec?.analysis?.successRate?.min !== undefined;
}

/** Only scrapes that lie wholly after the write count. */
function shareOf(scene: Scene): Share {
  const { status, o, now, allowed } = scene;
  const writtenAt = millis(status.traffic?.writtenAt);
  const stored = millis(status.traffic?.confirmedAt);
  if (writtenAt === undefined || allowed === 0) {
    return { verdict: "TooFew", confirmedAt: undefined, observed: undefined, requests: 0 };
  }
  const after = o.samples.scrapes.filter((scrape) => scrape.at - scrape.seconds * 1000 >= writtenAt);
  const all = meshed(after);
  return {
    verdict: verdictNow(after, now, allowed),
    confirmedAt: stored ?? firstConfirmed(after, now, allowed),
    observed: all.total === 0 ? undefined : (100 * all.canary) / all.total,
    requests: all.total,
  };
}

/** By the last minute; a mesh that was late is believed as soon as it has got there. */
function verdictNow(after: readonly Scrape[], now: number, weight: number): ShareVerdict {
  const recent = verdictOf(
    after.filter((scrape) => scrape.at > now - RECENT_MS),
    weight,
  );
  const verdict = recent === "TooFew" ? verdictOf(after, weight) : recent;
  return verdict === "Contradicted" && latestVerdict(after, weight) === "Confirmed" ? "Confirmed" : verdict;
}

function verdictOf(scrapes: readonly Scrape[], weight: number): ShareVerdict {
  return verdictOn(meshed(scrapes), scrapes.length, weight);
}

interface Meshed {
  readonly canary: number;
  readonly total: number;
}

function verdictOn(sum: Meshed, scrapes: number, weight: number): ShareVerdict {
  return scrapes < MIN_SCRAPES ? "TooFew" : confirmShare({ ...sum, weight });
}

/** By as few of the last scrapes as say anything: requests of before the mesh knew the weight would outweigh thousands of later ones. */
function latestVerdict(scrapes: readonly Scrape[], weight: number): ShareVerdict {
  let sum: Meshed = { canary: 0, total: 0 };
  for (const [index, scrape] of scrapes.toReversed().entries()) {
    sum = plus(sum, scrape);
    const verdict = verdictOn(sum, index + 1, weight);
    if (verdict !== "TooFew") {
      return verdict;
    }
  }
  return "TooFew";
}

/** The first scrape up to which all together confirm the weight, or, in the last minute, the latest. */
function firstConfirmed(scrapes: readonly Scrape[], now: number, weight: number): number | undefined {
  let sum: Meshed = { canary: 0, total: 0 };
  const first = scrapes.find((scrape, index) => {
    sum = plus(sum, scrape);
    const latest = scrape.at > now - RECENT_MS ? latestVerdict(scrapes.slice(0, index + 1), weight) : "TooFew";
    return [latest, verdictOn(sum, index + 1, weight)].includes("Confirmed");
  });
  return first?.at;
}

function meshed(scrapes: readonly Scrape[]): Meshed {
  return scrapes.reduce(plus, { canary: 0, total: 0 });
}

function plus({ canary, total }: Meshed, scrape: Scrape): Meshed {
  return { canary: canary + scrape.canary.meshed, total: total + scrape.canary.meshed + scrape.stable.meshed };
}

export function millis(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
