/**
 * The next process, or one on another machine, may have a clock that was set back. What the status dates more than a minute ahead
 * of now counts as now: else nothing would be judged, and nothing would end, until the clock is there again. A minute is what
 * clocks of machines may differ by. Evidence is left alone where its source is ahead as well: then it is only another's time.
 */
import { type AnalysisState, stateOf } from "../analysis/state.ts";
import type { CanaryRolloutStatus } from "../api/status.ts";
import type { Scrape } from "../domain/samples.ts";

const APART_MS = 60_000;

export function isAhead(time: number, now: number): boolean {
  return time > now + APART_MS;
}

/** The same object where nothing lies ahead. */
export function withoutFuture(status: CanaryRolloutStatus, now: number, scrapes: readonly Scrape[]): CanaryRolloutStatus {
  const { canary, step, traffic, analysis, conditions, reverts } = status;
  const state = stateOf(analysis?.state);
  const evidenceIsAhead = state !== undefined && isAhead(state.at, now) && !scrapes.some(({ at }) => isAhead(at, now));
  if (!isAhead(newestIn(status), now) && !evidenceIsAhead) {
    return status;
  }
  return {
    ...status,
    ...(canary ? { canary: clamped(canary, ["startedAt", "unreadySince", "waitingSince", "decidedAt"], now) } : {}),
    ...(step ? { step: clamped(step, ["startedAt"], now) } : {}),
    ...(traffic ? { traffic: clamped(traffic, ["writtenAt", "confirmedAt"], now) } : {}),
    ...(conditions ? { conditions: conditions.map((condition) => clamped(condition, ["lastTransitionTime"], now)) } : {}),
    ...(reverts ? { reverts: notAhead(reverts, now) } : {}),
    ...(analysis && evidenceIsAhead ? { analysis: { ...analysis, state: shifted(state, state.at - now) } } : {}),
  };
}

/** The latest time in a status, in milliseconds since the epoch; a stored one is never changed, and read at every look. */
function newestIn(status: CanaryRolloutStatus): number {
  const known = newest.get(status);
  if (known !== undefined) {
    return known;
  }
  const { canary, step, traffic, conditions = [], reverts } = status;
  const dated = [
    ...[canary?.startedAt, canary?.unreadySince, canary?.waitingSince, canary?.decidedAt],
    ...[step?.startedAt, traffic?.writtenAt, traffic?.confirmedAt],
    ...conditions.map(({ lastTransitionTime }) => lastTransitionTime),
    ...REVERTS.flatMap((what) => reverts?.[what] ?? []),
  ];
  const found = Math.max(0, ...dated.map((time) => Date.parse(time ?? "") || 0));
  newest.set(status, found);
  return found;
}

const newest = new WeakMap<CanaryRolloutStatus, number>();

function clamped<T extends object>(part: T, names: readonly (keyof T & string)[], now: number): T {
  const late = names.filter((name) => Date.parse(String(part[name] ?? "")) > now);
  return { ...part, ...Object.fromEntries(late.map((name) => [name, new Date(now).toISOString()])) };
}

const REVERTS = ["weights", "selector", "paused"] as const;

function notAhead(reverts: Reverts, now: number): Reverts {
  const earlier = (time: string) => new Date(Math.min(Date.parse(time), now)).toISOString();
  const times = REVERTS.flatMap((what) => (reverts[what] === undefined ? [] : [[what, reverts[what].map(earlier)] as const]));
  return { ...reverts, ...Object.fromEntries(times) };
}

type Reverts = NonNullable<CanaryRolloutStatus["reverts"]>;

function shifted(state: AnalysisState, byMs: number): AnalysisState {
  const bins = state.bins.map((bin) => ({ ...bin, from: bin.from - byMs, to: bin.to - byMs }));
  return { ...state, at: state.at - byMs, bins };
}
