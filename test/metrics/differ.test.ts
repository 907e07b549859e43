/** What may be counted of a pod's counters, and what may not. */
import { describe, expect, it } from "vitest";
import { type CounterReading, type CounterState, difference } from "../../src/metrics/differ.ts";

const START = 1_000_000;

function reading(at: number, values: Record<string, number>, changes: Partial<CounterReading> = {}): CounterReading {
  return { at, startedAt: START, restarts: 0, values: new Map(Object.entries(values)), ...changes };
}

function base(values: Record<string, number>, changes: Partial<CounterReading> = {}): CounterState {
  const first = difference(undefined, reading(START + 10_000, values, changes), false);
  if (first.kind !== "waiting") throw new Error(first.kind);
  return first.state;
}

function counted(
  state: CounterState | undefined,
  next: CounterReading,
  isNew = false,
): { increments: Record<string, number>; state: CounterState } {
  const result = difference(state, next, isNew);
  if (result.kind !== "counted") throw new Error(result.kind);
  return { increments: Object.fromEntries(result.increments), state: result.state };
}

const LATER = START + 20_000;

describe("counters of one pod", () => {
  it("an old pod's first values are the base", () => {
    expect(difference(undefined, reading(LATER, { good: 900 }), false).kind).toBe("waiting");
  });

  it("a new pod's first values count", () => {
    expect(counted(undefined, reading(LATER, { good: 900, failed: 5 }), true).increments).toEqual({ good: 900, failed: 5 });
  });

  it("a failure series that was absent counts from its first failure (scar 29)", () => {
    expect(counted(base({ good: 10 }), reading(LATER, { good: 15, failed: 5 })).increments).toEqual({ good: 5, failed: 5 });
  });

  it("the same samples again are old", () => {
    const state = base({ good: 10 });
    expect(difference(state, reading(state.at, { good: 12 }), false).kind).toBe("old");
    expect(difference(state, reading(state.at - 1, { good: 8 }), false).kind).toBe("old");
  });

  it("a drop is void and changes nothing", () => {
    const state = base({ good: 10, failed: 2 });
    expect(difference(state, reading(LATER, { good: 12, failed: 1 }), false)).toEqual({ kind: "void" });
    expect(counted(state, reading(LATER + 10_000, { good: 13, failed: 2 })).increments).toEqual({ good: 3, failed: 0 });
  });

  it("an earlier start of the process is void, even without a drop", () => {
    expect(difference(base({ good: 10 }), reading(LATER, { good: 12 }, { startedAt: START - 60_000 }), false).kind).toBe("void");
  });

  it("a later start with a moved restart count is a reset: all values count", () => {
    const restarted = reading(LATER, { good: 12, failed: 1 }, { startedAt: START + 15_000, restarts: 1 });
    expect(counted(base({ good: 10, failed: 2 }), restarted).increments).toEqual({ good: 12, failed: 1 });
  });

  it("a later start alone is believed when it is seen again (scar 34)", () => {
    const startedAt = START + 15_000;
    const claimed = difference(base({ good: 10 }), reading(LATER, { good: 500 }, { startedAt }), false);
    expect(claimed.kind).toBe("waiting");
    const state = claimed.kind === "waiting" ? claimed.state : undefined;
    expect(counted(state, reading(LATER + 10_000, { good: 510 }, { startedAt })).increments).toEqual({ good: 510 });
  });

  it("a later start that was another pod's is forgotten", () => {
    const other = difference(base({ good: 10 }), reading(LATER, { good: 500 }, { startedAt: START + 15_000 }), false);
    const state = other.kind === "waiting" ? other.state : undefined;
    expect(counted(state, reading(LATER + 10_000, { good: 11 })).increments).toEqual({ good: 1 });
  });

  it("starts that an exporter computes anew each time are one", () => {
    expect(counted(base({ good: 10 }), reading(LATER, { good: 12 }, { startedAt: START + 400 })).increments).toEqual({ good: 2 });
  });

  it("another container's restart makes no reset", () => {
    expect(counted(base({ good: 10 }), reading(LATER, { good: 12 }, { restarts: 1 })).increments).toEqual({ good: 2 });
    expect(difference(base({ good: 10 }), reading(LATER, { good: 9 }, { restarts: 1 }), false).kind).toBe("void");
  });

  it("without starts a moved restart count explains one drop, whenever the readings get there", () => {
    const unknown = { startedAt: undefined };
    const lagging = counted(base({ good: 10 }, unknown), reading(LATER, { good: 11 }, { ...unknown, restarts: 1 }));
    const dropped = counted(lagging.state, reading(LATER + 10_000, { good: 4 }, { ...unknown, restarts: 1 }));
    expect(dropped.increments).toEqual({ good: 4 });
    expect(difference(dropped.state, reading(LATER + 20_000, { good: 3 }, { ...unknown, restarts: 1 }), false).kind).toBe("void");
  });

  it("a counter that was dropped for being idle starts from 0", () => {
    const idle = counted(base({ good: 10, failed: 7 }), reading(LATER, { good: 11 }));
    expect(counted(idle.state, reading(LATER + 10_000, { good: 12, failed: 2 })).increments).toEqual({ good: 1, failed: 2 });
  });

  it("a counter that was absent once goes on from where it was", () => {
    const absent = counted(base({ good: 10, failed: 7 }), reading(LATER, { good: 11 }));
    expect(counted(absent.state, reading(LATER + 10_000, { good: 12, failed: 8 })).increments).toEqual({ good: 1, failed: 1 });
  });
});
