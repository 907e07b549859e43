/** One yes/no outcome between two scrapes; "bad" is failed, a client error, or slower than a histogram bound. */

/** Requests, and of these bad ones, of canary and stable. */
export interface Counts {
  readonly nc: number;
  readonly xc: number;
  readonly ns: number;
  readonly xs: number;
}

export const NO_COUNTS: Counts = { nc: 0, xc: 0, ns: 0, xs: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { nc: a.nc + b.nc, xc: a.xc + b.xc, ns: a.ns + b.ns, xs: a.xs + b.xs };
}

/** Both versions had requests: there is something to compare. */
export function isComparable({ nc, ns }: Counts): boolean {
  return nc > 0 && ns > 0;
}

/** More in one scrape is a broken counter; and beyond it the difference of the versions drowns in rounding. */
const LARGEST = 1e12;

/** What is wrong with counts that cannot be counts; undefined where nothing is. */
export function faultOf({ nc, xc, ns, xs }: Counts): "NotACount" | "MoreBadThanAll" | undefined {
  if (![nc, xc, ns, xs].every(isCount)) return "NotACount";
  return xc > nc || xs > ns ? "MoreBadThanAll" : undefined;
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= LARGEST;
}
