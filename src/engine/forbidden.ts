/** A write was forbidden: the condition says which rule is missing, whatever else the draft says. */
import { REASON } from "../api/reasons.ts";
import type { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";
import { tell } from "./writes.ts";

const RETRY_MS = 30_000;

export function forbidden(scene: Scene, draft: Draft): Draft {
  const refused = scene.o.forbidden;
  if (refused === undefined) {
    return draft;
  }
  return {
    ...draft,
    phase: draft.phase === "RollingBack" || draft.phase === "Terminating" ? draft.phase : "Stalled",
    stalled: true,
    quiet: false,
    reason: REASON.Forbidden,
    message: refused.message,
    stableText: refused.message,
    events: [
      ...(draft.events ?? []),
      tell(scene, REASON.Forbidden, refused.message, { warning: true, onTarget: true, step: refused.resource }),
    ],
    wakes: [...(draft.wakes ?? []), scene.now + RETRY_MS],
  };
}
