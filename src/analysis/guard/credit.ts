/**
 * Evidence credit (step 5): evidence is taken only as fast as credit for it grows, so that E needs `confirmSeconds` of
 * agreement and a short burst cannot condemn. Credit is known before the scrape, so what is taken is still valid evidence.
 */

export interface Credit {
  /** Nats per second. */
  readonly rate: number;
  /** Nats that are kept at most. */
  readonly kept: number;
}

export interface Spent {
  readonly taken: number;
  readonly credit: number;
}

/** What of `logE` is taken with `granted` nats of credit, and the credit that is left. Evidence against is always taken. */
export function spend(logE: number, granted: number, kept: number): Spent {
  const taken = Math.min(logE, granted);
  return { taken, credit: Math.min(kept, granted - taken) };
}

/** Credit after some time, before it is spent. */
export function grown(credit: number, growth: number, kept: number): number {
  return Math.min(kept, credit + growth);
}
