/** What may go wrong between a change and a controller's watches, beyond a constant lag. */
export type WatchFault = "break" | "repeat" | "shuffle";

export interface WatchTrouble {
  fault: WatchFault | undefined;
  /** Called when watches that were broken come back: who missed something lists anew. */
  readonly healed: Set<() => void>;
}

const REPEATED_AFTER_MS = 1_000;
const SHUFFLED_WITHIN_MS = 2_000;

/** When a change is told, in milliseconds from now: not at all, once or twice. */
export function tellings(fault: WatchFault | undefined, lagMs: number, random: () => number): readonly number[] {
  switch (fault) {
    case undefined:
      return [lagMs];
    case "break":
      return [];
    case "repeat":
      return [lagMs, lagMs + REPEATED_AFTER_MS];
    case "shuffle":
      return [lagMs + Math.floor(random() * SHUFFLED_WITHIN_MS)];
    default:
      return fault satisfies never;
  }
}
