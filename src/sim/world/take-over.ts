/**
 * Two processes at once: a second one takes over from an elder that does not know it yet. With leader election both run the real
 * elector on one lease, and the elder's renewals get lost; without it both act from the first moment on.
 */
import { createElector } from "../../cluster/lease.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Verbs } from "../../domain/kube.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { type Line, openLine, type UnderWay, verbsOver } from "./line.ts";

export interface TakeOver {
  readonly forMs: number;
  /** The elder's requests take up to so long to arrive. */
  readonly underWayMs: number;
  /** The elder hears nothing more from its watches. */
  readonly deaf: boolean;
  /** Leader election is on. */
  readonly elected: boolean;
}

export interface Member {
  readonly process: ControllerProcess;
  readonly line: Line;
  readonly identity: string;
}

export interface Ballot {
  readonly namespace: string;
  readonly verbs: Verbs;
  readonly clock: Clock;
  readonly random: () => number;
  readonly underWay: UnderWay;
  /** A write is sent while the other may write too. */
  readonly onRivals: () => void;
  /** Off: to prove that the invariant can break. */
  readonly fence: boolean;
}

/** Two that answered each other within one instant would never end. */
const QUICK_MS = 20;
const LAST_RENEWAL_MS = 3_000;
const SECOND_STANDS_AFTER_MS = 100;

/** Ends with the answer's call: the elder is gone then, and the second leads without asking. */
export function takeOver(elder: Member, second: Member, { underWayMs, deaf, elected }: TakeOver, ballot: Ballot): () => void {
  const { clock, random } = ballot;
  elder.line.delayMs = () => 1 + Math.floor(random() * underWayMs);
  second.line.delayMs = () => 1 + Math.floor(random() * QUICK_MS);
  if (deaf) {
    elder.process.cache.stop();
  }
  const stop = elected ? elect(elder, second, ballot) : () => {};
  if (!elected) {
    second.process.lead();
  }
  return () => {
    stop();
    elder.line.ended = true;
    elder.line.delayMs = () => 0;
    elder.process.stop();
    second.line.mayWrite = () => true;
    second.line.delayMs = () => 0;
    second.process.lead();
  };

  function elect(one: Member, two: Member, { namespace, verbs, underWay }: Ballot): () => void {
    const ending = new AbortController();
    const wires = [openLine(), openLine()] as const;
    const electors = [one, two].map(({ identity, process }, index) =>
      createElector({
        verbs: verbsOver(wires[index] ?? openLine(), verbs, clock, underWay),
        namespace,
        name: "serin",
        identity,
        clock,
        random,
        onHeld: () => index === 1 && process.lead(),
        // A last answer on the way when the ballot ends unseats nobody.
        onLost: () => ending.signal.aborted || process.pause(),
      }),
    );
    [one, two].forEach(({ line }, index) => {
      const [own, other] = index === 0 ? electors : electors.toReversed();
      line.mayWrite = () => {
        const may = !ballot.fence || own?.mayWrite() === true;
        if (may && other?.mayWrite() === true) {
          ballot.onRivals();
        }
        return may;
      };
    });
    void electors[0]?.run(ending.signal);
    clock.schedule(SECOND_STANDS_AFTER_MS, () => void electors[1]?.run(ending.signal));
    clock.schedule(LAST_RENEWAL_MS, () => {
      wires[0].cut = true;
    });
    return () => ending.abort();
  }
}
