/**
 * Does the mesh obey? The share of meshed requests that the canary really got, against the weight that was written:
 * exact binomial tails at 99.9 %, since a mesh draws the backend anew for each request.
 */
import { lowerTail, upperTail } from "../domain/binomial.ts";

export type ShareVerdict = "Confirmed" | "Contradicted" | "TooFew";

const MIN_REQUESTS = 5;
/** Outside the 99.9 % interval: less probable than this on its side. */
const TAIL = 0.0005;
/** At weights 0 and 100: answers that were on their way when the weight changed may still arrive. */
const STRAGGLERS = 0.01;

/** `total` counts the requests of both versions since the weight (percent) was written. */
export function confirmShare({ canary, total, weight }: { canary: number; total: number; weight: number }): ShareVerdict {
  const p = weight / 100;
  const tooMany = upperTail(canary, total, Math.max(p, STRAGGLERS * Number(p <= 0))) <= TAIL;
  const tooFew = lowerTail(canary, total, Math.min(p, 1 - STRAGGLERS * Number(p >= 1))) <= TAIL;
  if (tooMany || tooFew) return "Contradicted";
  const counted = p <= 0 ? total - canary : canary;
  return counted >= MIN_REQUESTS ? "Confirmed" : "TooFew";
}
