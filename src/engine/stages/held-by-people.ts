/** What people can do to a release from outside: take over, or break its spec. */

import type { FieldError } from "../../api/field-error.ts";
import { HANDS_OFF } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { lowerTo, tell } from "../writes.ts";
import { stalled } from "./stalled.ts";

/** After an eject nothing is written to the target until a person takes the mark away; then it is adopted anew. */
export function handsOff(scene: Scene): Draft | undefined {
  if (!scene.handsOff) {
    return undefined;
  }
  const { status, o } = scene;
  return {
    phase: "Paused",
    reason: REASON.HandsOff,
    message: `Deployment ${o.deployment?.metadata.name} carries ${HANDS_OFF}: Serin writes nothing to it; remove the annotation to adopt it anew`,
    memory: { history: status.history, intents: status.intents, managed: {} },
    events: [
      tell(scene, REASON.HandsOff, "Serin writes nothing until the hands-off mark is removed", {
        warning: true,
        onTarget: true,
        step: "eject",
      }),
    ],
  };
}

/** Weight 0 until the spec is valid again; then the release goes on from its first step. */
export function invalidSpec(scene: Scene, errors: readonly FieldError[]): Draft {
  const { status } = scene;
  const text = errors.map(({ path, message, fix }) => `${path}: ${message}; ${fix}`).join(" | ");
  const at = new Date(scene.now).toISOString();
  const again = status.step && scene.open ? { step: { index: 0, weight: "0%", state: "Sizing" as const, startedAt: at } } : {};
  const lowered = scene.open ? { traffic: { weight: "0%" }, ...again } : {};
  const memory = status.phase === "Stalled" ? status : { ...status, ...lowered };
  return stalled(scene, { reason: REASON.InvalidSpec, message: text }, { memory, lower: lowerTo(scene, 0, "the spec is invalid") });
}
