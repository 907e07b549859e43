/** The beginning of a step (step 1): ADVANCE afresh, and the margin that it must show. */
import { marginOf } from "./advance.ts";
import type { GuardConfig } from "./params.ts";
import type { GuardState } from "./state.ts";
import { freshAdvance } from "./stream.ts";

/** Goes to another step: its margin, its ADVANCE evidence and its time begin with the next scrape. */
export function enterStep(state: GuardState, step: number): GuardState {
  return { ...state, step, stepSeconds: 0, margin: null };
}

/** The state as its step's first scrape finds it; any later one finds it as it is. */
export function inStep(config: GuardConfig, state: GuardState): GuardState & { readonly margin: number } {
  const { margin, streams } = state;
  return margin === null ? { ...state, margin: nextMargin(config, state), streams: streams.map(freshAdvance) } : { ...state, margin };
}

function nextMargin({ params, steps }: GuardConfig, state: GuardState): number {
  return marginOf(params, requestRate(state), steps[state.step + 1]?.weight);
}

/** Requests per second of both versions: of the release so far, or of stable before it; null: not known. */
export function requestRate({ requests, seconds, usual }: GuardState): number | null {
  return requests > 0 ? requests / seconds : usual.rate;
}
