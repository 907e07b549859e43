/** What a stage answers: the memory to keep, the phase with its reason, and the writes. `settle` makes a Plan of it. */
import type { Reason } from "../api/reasons.ts";
import type { CanaryRolloutStatus, Phase } from "../api/status.ts";
import type { Action, PlanEvent } from "./types.ts";

export interface Draft {
  /** Status without phase, message, conditions and observed generations: those are derived. */
  readonly memory: CanaryRolloutStatus;
  readonly phase: Phase;
  readonly reason: Reason | string;
  /** For people; may carry figures. */
  readonly message: string;
  /** Passing: nothing of it is stored. */
  readonly quiet?: boolean;
  /** A person must act: Stalled is True in place of Reconciling. */
  readonly stalled?: boolean;
  /** Text of the conditions: the same as long as the reason is the same. */
  readonly stableText?: string;
  readonly findings?: Findings;
  readonly lower?: readonly Action[];
  readonly raise?: readonly Action[];
  readonly events?: readonly PlanEvent[];
  /** Times in milliseconds since the epoch at which time alone may change the decision. */
  readonly wakes?: readonly (number | undefined)[];
  readonly why?: readonly string[];
}

/** Conditions beside the three of kstatus; undefined: the condition is not there. */
export interface Findings {
  readonly trafficConfirmed?: { readonly status: "True" | "False" | "Unknown"; readonly reason: string; readonly message: string };
  readonly analysisHealthy?: { readonly status: "True" | "False"; readonly reason: string; readonly message: string };
  readonly gitOpsConflict?: { readonly reason: string; readonly message: string };
}
