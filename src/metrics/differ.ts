/**
 * From cumulative counters to increments, one pod at a time. Pure.
 *
 *   a pod's first reading         counts from 0 where the pod is new, else it is the base
 *   a new counter of a known pod  counts from 0: no failure series exists before the first failure
 *   a restart                     counts from 0. It is believed when the pod's restart count moved, or when a later start of
 *                                 the process was seen twice: once alone it may be another pod that got the address
 *   absent, then lower            counts from 0: the proxy had dropped the counter for being idle
 *   any other drop                makes the whole reading void
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

/** The last reading that was used, with the counters that it lacked. */
export interface CounterState extends CounterReading {
  readonly absent: ReadonlySet<string>;
  /** A start that was seen once. */
  readonly claimedStart: number | undefined;
}

export type Difference =
  | { readonly kind: "counted"; readonly state: CounterState; readonly increments: ReadonlyMap<string, number> }
  /** Nothing to compare with, or a restart that is not believed yet. */
  | { readonly kind: "waiting"; readonly state: CounterState }
  /** Not newer than what was used last. */
  | { readonly kind: "old" }
  | { readonly kind: "void" };

/** `isNew`: all that the pod ever counted lies in the time that is covered. */
export function difference(state: CounterState | undefined, reading: CounterReading, isNew: boolean): Difference {
  if (state === undefined) {
    return isNew ? fromZero(reading) : { kind: "waiting", state: stateAfter(undefined, reading) };
  }
  if (reading.at <= state.at) return { kind: "old" };
  switch (startOf(state, reading)) {
    case "same":
      return compared(state, reading);
    case "restarted":
      return fromZero(reading);
    case "claimed":
      return { kind: "waiting", state: { ...state, claimedStart: reading.startedAt } };
    case "earlier":
      return { kind: "void" };
  }
}

/** The base for what comes after; an older reading changes nothing. */
export function rebased(state: CounterState | undefined, reading: CounterReading): CounterState {
  return state !== undefined && state.at >= reading.at ? state : stateAfter(undefined, reading);
}

function fromZero(reading: CounterReading): Difference {
  return { kind: "counted", state: stateAfter(undefined, reading), increments: reading.values };
}

/** Some exporters compute their start anew at each scrape: two that are closer together are one. */
const SAME_START_MS = 1_000;

function startOf(state: CounterState, reading: CounterReading): "same" | "restarted" | "claimed" | "earlier" {
  const countMoved = reading.restarts > state.restarts;
  if (state.startedAt === undefined || reading.startedAt === undefined) {
    // The count moves with any container of the pod: only a drop tells that it was this one.
    return countMoved && hasDrop(state, reading) ? "restarted" : "same";
  }
  if (isSameStart(state.startedAt, reading.startedAt)) return "same";
  if (reading.startedAt < state.startedAt) return "earlier";
  return countMoved || isSameStart(state.claimedStart, reading.startedAt) ? "restarted" : "claimed";
}

function isSameStart(a: number | undefined, b: number): boolean {
  return a !== undefined && Math.abs(a - b) <= SAME_START_MS;
}

function hasDrop({ values }: CounterState, reading: CounterReading): boolean {
  return [...reading.values].some(([identity, value]) => value < (values.get(identity) ?? 0));
}

function compared(state: CounterState, reading: CounterReading): Difference {
  const increments = new Map<string, number>();
  for (const [identity, value] of reading.values) {
    const last = state.values.get(identity) ?? 0;
    if (value >= last) increments.set(identity, value - last);
    else if (state.absent.has(identity)) increments.set(identity, value);
    else return { kind: "void" };
  }
  return { kind: "counted", state: stateAfter(state, reading), increments };
}

function stateAfter(state: CounterState | undefined, reading: CounterReading): CounterState {
  const values = new Map(reading.values);
  const absent = new Set<string>();
  for (const [identity, value] of state?.values ?? []) {
    if (values.has(identity)) continue;
    values.set(identity, value);
    absent.add(identity);
  }
  const { at, startedAt = state?.startedAt } = reading;
  // Where no start tells, a moved count waits for the drop that it explains: readings may lag behind it.
  const restarts = state !== undefined && reading.startedAt === undefined ? state.restarts : reading.restarts;
  return { at, startedAt, restarts, values, absent, claimedStart: undefined };
}
