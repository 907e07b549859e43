/** A newer template in the middle of a release: the old one is closed at weight 0, and the newest starts over. */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import type { Draft } from "../draft.ts";
import { judgementOf } from "../judgement.ts";
import type { Scene } from "../scene.ts";
import { cutMarkOf, lowerTo, tell } from "../writes.ts";
import { close } from "./cut.ts";

export function superseded(scene: Scene, policy: Policy): Draft {
  const { canary, revision, status } = scene;
  const why = `${canary?.revision} gives way to ${revision}`;
  const failures = judgementOf(scene, policy).state.totals.canary.failures;
  return {
    phase: "Progressing",
    reason: REASON.Superseded,
    message: why,
    stableText: "a newer template came",
    memory: {
      ...status,
      ...close(scene, "Superseded", { reason: REASON.Superseded, why }, failures),
      traffic: { weight: "0%" },
      waitingFor: "",
    },
    lower: lowerTo(scene, 0, why, cutMarkOf(scene)),
    events: [tell(scene, REASON.Superseded, why, { onTarget: true })],
    wakes: [scene.now],
    why: [why],
  };
}
