/**
 * What an analysis test is: a plain object in the registry (`tests/index.ts`), proved by the contract suite. It says
 * Pass only where it has seen enough and all of it is good; what has not passed never passes.
 */
import type { AnalysisPolicy } from "../api/policy.ts";
import type { CheckStatus } from "../api/status.ts";
import type { AnalysisState } from "./state.ts";

export interface TestInput {
  readonly policy: AnalysisPolicy;
  readonly state: AnalysisState | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds since the epoch: the beginning of the step. */
  readonly since: number;
}

/** What of the policy was written by the user; the rest are defaults, which say nothing about a version without another beside it. */
export interface Explicit {
  readonly successRate: boolean;
}

export interface AnalysisTest {
  readonly name: string;
  /** At the bake (100 %) only what the user wrote applies. */
  applies(policy: AnalysisPolicy, bake: boolean, explicit: Explicit): boolean;
  /** One check for each limit of its kind. */
  judge(input: TestInput): CheckStatus[];
}
