/**
 * Targets in chunks of a size, as few as there can be, in their order. A release whose pods would be in two of them begins a new one,
 * as long as that leaves as few.
 */
import type { Target } from "./source.ts";

export function chunksOf(targets: readonly Target[], size: number): Target[][] {
  const chunks: Target[][] = [];
  let spare = Math.ceil(targets.length / size) * size - targets.length;
  let current: Target[] = [];
  for (const release of releasesIn(targets)) {
    const room = size - current.length;
    if (current.length > 0 && release.length > room && room <= spare && release.length <= size) {
      spare -= room;
      chunks.push(current);
      current = [];
    }
    for (const target of release) {
      if (current.length === size) {
        chunks.push(current);
        current = [];
      }
      current.push(target);
    }
  }
  return current.length === 0 ? chunks : [...chunks, current];
}

/** Runs of the same release. */
function releasesIn(targets: readonly Target[]): Target[][] {
  const releases: Target[][] = [];
  for (const target of targets) {
    const last = releases.at(-1);
    if (last?.[0]?.release === target.release) last.push(target);
    else releases.push([target]);
  }
  return releases;
}
