/**
 * One verdict out of all checks. A failing check speaks first, also while the metrics source is down: what was counted
 * was counted. Without a failure a fault means Error; else the worst check speaks, and only when all pass it is a Pass.
 */
import type { AnalysisPolicy } from "../api/policy.ts";
import type { CheckStatus, Verdict } from "../api/status.ts";
import type { SampleFault } from "../domain/samples.ts";
import type { Explicit, TestInput } from "./analysis-test.ts";
import { ANALYSIS_TESTS } from "./tests/index.ts";

export interface JudgeInput extends TestInput {
  readonly fault?: SampleFault | undefined;
  /** At 100 % no other version is there to compare with: only written limits apply. */
  readonly bake: boolean;
  readonly explicit: Explicit;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly checks: CheckStatus[];
  /** For people: what decided. */
  readonly why: string;
  /** More requests are what is missing, not better ones. */
  readonly thin: boolean;
}

const WORST_FIRST: readonly Verdict[] = ["Fail", "Error", "NoData", "Inconclusive", "Pass"];

export function judge(input: JudgeInput): Judged {
  const { policy, bake, explicit, fault } = input;
  const tests = ANALYSIS_TESTS.filter((test) => test.applies(policy, bake, explicit));
  if (tests.length === 0) return { verdict: "Pass", checks: [], why: withoutChecks(policy, bake), thin: false };
  const checks = tests.flatMap((test) => test.judge(input));
  const worst = worstOf(checks);
  if (fault !== undefined && worst !== "Fail") return { verdict: "Error", checks, why: fault.message, thin: false };
  const speaking = checks.filter(({ verdict }) => verdict === worst);
  const thin = isOpen(worst) && speaking.every(({ requests }) => (requests?.canary ?? 0) < policy.minRequests);
  return { verdict: worst, checks, why: speaking.map(({ name, why }) => `${name}: ${why}`).join("; "), thin };
}

function isOpen(verdict: Verdict): boolean {
  return verdict === "NoData" || verdict === "Inconclusive";
}

/** Of no check at all: nothing was seen. */
function worstOf(checks: readonly CheckStatus[]): Verdict {
  return WORST_FIRST.find((verdict) => checks.some((check) => check.verdict === verdict)) ?? "NoData";
}

function withoutChecks(policy: AnalysisPolicy, bake: boolean): string {
  if (bake && policy.successRateMin !== undefined) return "at 100 % there is no other version to compare with: readiness alone decides";
  return "no threshold is set: readiness alone decides";
}
