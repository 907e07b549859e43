/** Since when a set has had its size. */
import { SIZED_AT } from "../api/marks.ts";
import type { ReplicaSet } from "../domain/kube.ts";
import { millis } from "./judgement.ts";
import type { Scene } from "./scene.ts";
import { isAhead } from "./set-back.ts";

/**
 * Milliseconds since the epoch; undefined where Serin did not size it. A mark that a process of another time left ahead of now tells
 * nothing: then the size counts from the beginning of the step, which the status keeps.
 */
export function sizedSince({ status, canary, now }: Scene, set: ReplicaSet | undefined): number | undefined {
  const marked = millis(set?.metadata.annotations?.[SIZED_AT]);
  return marked === undefined || !isAhead(marked, now) ? marked : millis(status.step?.startedAt ?? canary?.startedAt);
}
