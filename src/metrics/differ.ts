/**
 * From cumulative counters to increments, one pod at a time. Pure.
 *
 *   a new series on a known pod   counts from 0: no failure series exists before the first failure
 *   a pod's first reading         counts from 0 where the pod is new, else it is the base
 *   a drop                        a reset where the process started over; any other makes the whole reading void
 */

export interface CounterReading {
  /** Milliseconds since the epoch: the time of the samples. */
  readonly at: number;
  /** When the process began, milliseconds since the epoch, where it tells. */
  readonly startedAt: number | undefined;
  /** Restarts of the pod's containers. */
  readonly restarts: number;
  /** By identity. */
  readonly values: ReadonlyMap<string, number>;
}

export type CounterState = CounterReading;

export type Difference =
  /** Not newer than what was used last. */
  | { readonly kind: "old" }
  /** A counter went down without a restart: nothing of the reading can be used. */
  | { readonly kind: "void" }
  | { readonly kind: "base"; readonly state: CounterState }
  | { readonly kind: "counted"; readonly state: CounterState; readonly increments: ReadonlyMap<string, number> };

/** `isNew`: all that the pod ever counted lies in the time that is covered. */
export function difference(before: CounterState | undefined, reading: CounterReading, isNew: boolean): Difference {
  if (before === undefined) {
    return isNew ? { kind: "counted", state: reading, increments: reading.values } : { kind: "base", state: reading };
  }
  if (reading.at <= before.at) {
    return { kind: "old" };
  }
  const startedOver = isRestart(before, reading);
  const increments = new Map<string, number>();
  for (const [identity, value] of reading.values) {
    const last = before.values.get(identity);
    const dropped = last !== undefined && value < last;
    if (dropped && !startedOver) {
      return { kind: "void" };
    }
    increments.set(identity, last === undefined || dropped ? value : value - last);
  }
  return { kind: "counted", state: reading, increments };
}

/** The base for what comes after: the newer of both. */
export function rebased(before: CounterState | undefined, reading: CounterReading): CounterState {
  return before !== undefined && before.at > reading.at ? before : reading;
}

/** Start times are floats computed anew by each scrape of some proxies: a second is no restart. */
const SAME_START_MS = 1_000;

function isRestart(before: CounterState, reading: CounterReading): boolean {
  if (reading.restarts !== before.restarts) {
    return true;
  }
  return (
    before.startedAt !== undefined && reading.startedAt !== undefined && Math.abs(reading.startedAt - before.startedAt) > SAME_START_MS
  );
}
