/** The deadline counts active time: what a release waits for a person or for traffic is summed up apart. */
import type { Draft } from "./draft.ts";
import { millis } from "./judgement.ts";
import type { Scene } from "./scene.ts";

export function waited(scene: Scene, draft: Draft): Draft {
  const canary = draft.memory.canary;
  if (canary === undefined || canary.outcome !== undefined) {
    return draft;
  }
  const paused = draft.phase === "Paused";
  const since = millis(canary.waitingSince);
  if (paused === (since !== undefined)) {
    return draft;
  }
  if (paused) {
    return { ...draft, memory: { ...draft.memory, canary: { ...canary, waitingSince: new Date(scene.now).toISOString() } } };
  }
  const { waitingSince: _since, ...rest } = canary;
  const waitedSeconds = (canary.waitedSeconds ?? 0) + (scene.now - (since ?? scene.now)) / 1000;
  return { ...draft, memory: { ...draft.memory, canary: { ...rest, waitedSeconds } } };
}
