/** What a load generator counted: overall, by version that answered, and second by second. */

export interface VersionTally {
  readonly requests: number;
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly firstFailureAt: number | undefined;
}

export interface LoadTally {
  /** Finished, one way or the other. */
  readonly requests: number;
  /** 5xx, and requests without an answer. */
  readonly failures: number;
  /** Left out because too many were under way. */
  readonly skipped: number;
  /** Of the failures: what the answer said, or why there was none. */
  readonly causes: Readonly<Record<string, number>>;
  /** `none`: answers that no version gave. */
  readonly byVersion: Readonly<Record<string, VersionTally>>;
  /** Of the last whole second. */
  readonly lastSecond: { readonly requests: number; readonly failures: number; readonly byVersion: Readonly<Record<string, number>> };
}

export interface Tallying {
  /** `cause`: why it failed; undefined where it did not. */
  count(now: number, version: string | undefined, cause?: string): void;
  skip(): void;
  read(now: number): LoadTally;
}

interface Second {
  at: number;
  requests: number;
  failures: number;
  byVersion: Record<string, number>;
}

export function createTally(): Tallying {
  const byVersion: Record<string, VersionTally> = {};
  const causes: Record<string, number> = {};
  let requests = 0;
  let failures = 0;
  let skipped = 0;
  let current = emptySecond(0);
  let last = emptySecond(0);

  function turnTo(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === current.at) return;
    last = second === current.at + 1 ? current : emptySecond(second - 1);
    current = emptySecond(second);
  }

  return {
    count(now, version = "none", cause = undefined) {
      turnTo(now);
      const failed = cause !== undefined;
      if (failed) causes[cause] = (causes[cause] ?? 0) + 1;
      requests += 1;
      failures += Number(failed);
      const before = byVersion[version];
      byVersion[version] = {
        requests: (before?.requests ?? 0) + 1,
        failures: (before?.failures ?? 0) + Number(failed),
        firstFailureAt: before?.firstFailureAt ?? (failed ? now : undefined),
      };
      current.requests += 1;
      current.failures += Number(failed);
      current.byVersion[version] = (current.byVersion[version] ?? 0) + 1;
    },
    skip() {
      skipped += 1;
    },
    read(now) {
      turnTo(now);
      const { at: _at, ...lastSecond } = last;
      return { requests, failures, skipped, causes: { ...causes }, byVersion: { ...byVersion }, lastSecond };
    },
  };
}

function emptySecond(at: number): Second {
  return { at, requests: 0, failures: 0, byVersion: {} };
}

/** What happened between two readings. */
export function since(before: LoadTally, now: LoadTally): { readonly requests: number; readonly failures: number } {
  return { requests: now.requests - before.requests, failures: now.failures - before.failures };
}
