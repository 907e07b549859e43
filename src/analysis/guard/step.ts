/** One scrape, and then on by itself: to the next step, to the promotion or to the rollback, as the share in force says. */
import { shareOf } from "./brake.ts";
import { enterStep } from "./enter.ts";
import { type Outcome, observe } from "./observe.ts";
import { type GuardConfig, stepAt } from "./params.ts";
import type { GuardScrape, Refusal } from "./scrape.ts";
import type { GuardState } from "./state.ts";

export interface Decided extends Outcome {
  readonly decision: "Running" | "Advance" | "Promote" | "Rollback";
  /** The share to put in force now: 0 after a rollback, 1 after a promotion. */
  readonly share: number;
}

export type Stepped =
  | { readonly ok: true; readonly state: GuardState; readonly outcome: Decided }
  | { readonly ok: false; readonly refusal: Refusal };

export function step(config: GuardConfig, before: GuardState, scrape: GuardScrape): Stepped {
  const observed = observe(config, before, scrape);
  if (!observed.ok) return observed;
  const decision = decisionOf(config, observed.state, observed.outcome);
  const state = settled(observed.state, decision);
  return { ok: true, state, outcome: { ...observed.outcome, decision, share: shareInForce(config, state) } };
}

/** The canary's share of the traffic by what is remembered. */
export function shareInForce(config: GuardConfig, { ended, step, cuts }: GuardState): number {
  if (ended !== null) return ended === "Promote" ? 1 : 0;
  return shareOf(stepAt(config, step).weight, cuts, config.params);
}

function decisionOf({ steps }: GuardConfig, state: GuardState, { verdict }: Outcome): Decided["decision"] {
  if (verdict !== "StepOver") return verdict;
  return state.step === steps.length - 1 ? "Promote" : "Advance";
}

function settled(state: GuardState, decision: Decided["decision"]): GuardState {
  switch (decision) {
    case "Running":
      return state;
    case "Advance":
      return enterStep(state, state.step + 1);
    case "Promote":
    case "Rollback":
      return { ...state, ended: decision };
  }
}
