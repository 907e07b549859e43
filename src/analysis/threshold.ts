/**
 * A limit on a share of bad requests: surely broken, surely kept, or neither (api.md, "Thresholds").
 *
 * Two counts of bad ones, because a histogram only brackets them: at least `surely` and at most `possibly`. Where they
 * are exact, both are the same.
 */
import type { Verdict } from "../api/status.ts";
import { upperTail } from "../domain/binomial.ts";

/** A good version at half the limit's failure rate stays below 3e-6 at any look. */
const FAIL_BELOW = 1e-4;
/** 2 of 2 at 99 % is 1e-4 exactly, which does not fail; rounding must not decide it. */
const ROUNDING = 1e-9;

export interface Evidence {
  readonly requests: number;
  readonly surelyBad: number;
  readonly possiblyBad: number;
}

/** `limit` is the largest share of bad requests, in (0, 1). A Fail needs no minimum of requests. */
export function judgeThreshold({ requests, surelyBad, possiblyBad }: Evidence, limit: number, minRequests: number): Verdict {
  if (requests === 0) return "NoData";
  if (upperTail(surelyBad, requests, limit) < FAIL_BELOW * (1 - ROUNDING)) return "Fail";
  const kept = possiblyBad <= requests * limit * (1 + ROUNDING);
  return requests >= minRequests && kept ? "Pass" : "Inconclusive";
}
