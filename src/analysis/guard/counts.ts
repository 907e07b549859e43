/**
 * What one scrape says of one yes/no outcome, in the notation of the formulas. "Bad" is a failure, a client error, or an answer
 * slower than a bound.
 */
export interface Counts {
  /** Requests to the canary. */
  readonly nc: number;
  /** Of these bad. */
  readonly xc: number;
  /** Requests to stable. */
  readonly ns: number;
  /** Of these bad. */
  readonly xs: number;
}

export const NO_COUNTS: Counts = { nc: 0, xc: 0, ns: 0, xs: 0 };

export function plus(a: Counts, b: Counts): Counts {
  return { nc: a.nc + b.nc, xc: a.xc + b.xc, ns: a.ns + b.ns, xs: a.xs + b.xs };
}

/** Why these are no counts, or undefined where they are: each is a number from 0 on, and no more are bad than there are. */
export function countsProblem({ nc, xc, ns, xs }: Counts): string | undefined {
  const wrong = Object.entries({ nc, xc, ns, xs }).find(([, count]) => !Number.isFinite(count) || count < 0);
  if (wrong !== undefined) return `${wrong[0]} is ${wrong[1]}`;
  if (xc > nc) return `${xc} bad of ${nc} canary requests`;
  return xs > ns ? `${xs} bad of ${ns} stable requests` : undefined;
}
