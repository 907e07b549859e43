/**
 * Readings of several pods put together: one moment holds at most one reading of each pod, and moments follow each other in
 * time. Several new readings of a pod become several moments, so that none is lost and none is counted together.
 */
export interface Timed {
  /** Which pod it is of. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function momentsOf<T extends Timed>(readings: readonly T[]): readonly (readonly T[])[] {
  const sorted = readings.toSorted((a, b) => a.at - b.at);
  const moments: T[][] = [];
  let seen = new Set<string>();
  for (const reading of sorted) {
    const current = moments.at(-1);
    if (current === undefined || seen.has(reading.uid)) {
      moments.push([reading]);
      seen = new Set([reading.uid]);
    } else {
      current.push(reading);
      seen.add(reading.uid);
    }
  }
  return moments;
}
