/** Somebody put the apex' selector back: callers outside the mesh would get a share that nobody decided. */
import { REASON } from "../../api/reasons.ts";
import { asSaid } from "../conditions.ts";
import type { Draft } from "../draft.ts";
import { ensureApexPin, isApexPinned } from "../ensure.ts";
import { mayReassert, noteRevert } from "../reverts.ts";
import type { Scene } from "../scene.ts";
import { tell } from "../writes.ts";

export function pinIsOff(scene: Scene): Draft | undefined {
  const { o, stableHash, status, names } = scene;
  const off = o.route !== undefined && o.services.apex !== undefined && !isApexPinned(scene);
  if (stableHash === undefined || !off || !mayReassert(scene, "selector")) {
    return undefined;
  }
  const why = `the selector of Service ${names.apex} was put back: pinned to stable again`;
  return {
    ...asSaid(status),
    message: why,
    memory: noteRevert(scene, status, "selector"),
    lower: ensureApexPin(scene, stableHash),
    events: [tell(scene, REASON.SelectorReverted, why, { warning: true, step: `selector-${scene.now}` })],
    wakes: [scene.now],
    why: [why],
  };
}
