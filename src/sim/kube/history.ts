/** The changes of the recent past, for watches and for lists of an earlier state. Bounded: what is forgotten answers 410 Expired. */
import { expired } from "./status-error.ts";
import type { Change } from "./store.ts";

export interface History {
  add(change: Change): void;
  since(resourceVersion: number): readonly Change[];
  compact(resourceVersion: number): void;
  /** The next change comes after this version, whatever came before. */
  restart(resourceVersion: number): void;
}

export function createHistory(limit: number, start: number): History {
  let changes: Change[] = [];
  let forgotten = start;
  const compact = (resourceVersion: number) => {
    if (resourceVersion > forgotten) {
      forgotten = resourceVersion;
      changes = changes.filter((change) => change.resourceVersion > resourceVersion);
    }
  };
  return {
    compact,
    restart(resourceVersion) {
      forgotten = resourceVersion;
      changes = [];
    },
    add(change) {
      changes.push(change);
      // In batches: a list that shifts with each change would be copied with each change.
      if (changes.length > limit * 2) {
        compact(changes[changes.length - limit - 1]?.resourceVersion ?? forgotten);
      }
    },
    since(resourceVersion) {
      if (resourceVersion < forgotten) {
        throw expired(`too old resource version: ${resourceVersion} (${forgotten})`);
      }
      return changes.slice(firstAfter(changes, resourceVersion));
    },
  };
}

function firstAfter(changes: readonly Change[], resourceVersion: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.resourceVersion ?? 0) > resourceVersion) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
