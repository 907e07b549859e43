/**
 * Time that moves only when it is told to: the clock of simulations.
 *
 * Timers run in the order of their times, those of one time in the order in which they were set. `advance` and `runNext` are synchronous:
 * promises that a timer settles go on after the caller yields, so a simulation with asynchronous parts runs one timer, yields, and runs the next.
 */
import type { Clock } from "../domain/clock.ts";

export interface VirtualClock extends Clock {
  /** Runs what is due in the next `ms`, and what that sets for within it; then it is `ms` later. */
  advance(ms: number): void;
  /** Goes to the next timer and runs it; false where there is none. */
  runNext(): boolean;
  /** When the next timer is due, in `monotonic` milliseconds. */
  nextAt(): number | undefined;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  /** undefined: cancelled. */
  run: (() => void) | undefined;
}

/** Starts at `startMs` since the epoch. */
export function createVirtualClock(startMs: number): VirtualClock {
  let elapsed = 0;
  let order = 0;
  const timers = createHeap();

  function schedule(ms: number, run: () => void): () => void {
    order += 1;
    const timer: Timer = { at: elapsed + Math.max(0, ms), order, run };
    timers.add(timer);
    return () => {
      timer.run = undefined;
    };
  }

  function runNext(): boolean {
    const timer = timers.take();
    if (timer === undefined) {
      return false;
    }
    elapsed = timer.at;
    timer.run?.();
    return true;
  }

  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    schedule,
    sleep: (ms, signal) => sleepOn(schedule, ms, signal),
    advance(ms) {
      const end = elapsed + ms;
      for (let next = timers.first(); next !== undefined && next.at <= end; next = timers.first()) {
        runNext();
      }
      elapsed = end;
    },
    runNext,
    nextAt: () => timers.first()?.at,
  };
}

function sleepOn(schedule: Clock["schedule"], ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const cancel = schedule(ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    function abort() {
      cancel();
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

interface Heap {
  add(timer: Timer): void;
  /** The next that is not cancelled. */
  first(): Timer | undefined;
  take(): Timer | undefined;
}

/** A binary heap; cancelled timers stay in it until they come to the top. */
function createHeap(): Heap {
  const heap: Timer[] = [];

  function take(): Timer | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      sink(heap, last);
    }
    return top;
  }

  function first(): Timer | undefined {
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (top.run !== undefined) {
        return top;
      }
      take();
    }
    return undefined;
  }

  return {
    add: (timer) => rise(heap, timer),
    first,
    take: () => (first() === undefined ? undefined : take()),
  };
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function rise(heap: Timer[], timer: Timer): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    const above = heap[parent] as Timer;
    if (!before(timer, above)) {
      break;
    }
    heap[place] = above;
    place = parent;
  }
  heap[place] = timer;
}

function sink(heap: Timer[], timer: Timer): void {
  let place = 0;
  for (;;) {
    let child = place * 2 + 1;
    const right = heap[child + 1];
    if (right !== undefined && before(right, heap[child] as Timer)) {
      child += 1;
    }
    const below = heap[child];
    if (below === undefined || !before(below, timer)) {
      break;
    }
    heap[place] = below;
    place = child;
  }
  heap[place] = timer;
}
