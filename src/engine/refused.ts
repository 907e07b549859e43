/** Somebody resumed the Deployment in the middle of a release, and the install's policy put the pause back: whoever it was is told. */
import { RESUME_REFUSED } from "../api/marks.ts";
import { REASON } from "../api/reasons.ts";
import { RESOURCES } from "../domain/kube.ts";
import type { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";
import { isAdoptedByUs } from "./stages/adopt.ts";
import type { Action } from "./types.ts";
import { tell } from "./writes.ts";

export function refused(scene: Scene, draft: Draft): Draft {
  const { deployment } = scene.o;
  const by = deployment?.metadata.annotations?.[RESUME_REFUSED];
  if (deployment === undefined || by === undefined || scene.handsOff || !isAdoptedByUs(scene)) {
    return draft;
  }
  const { name } = deployment.metadata;
  const { rollout } = scene.names;
  const text = `${by} resumed Deployment ${name}, and it was kept paused until the release is over; to end it: serin abort ${rollout}, to take over: serin eject ${rollout}`;
  const patch = { metadata: { annotations: { [RESUME_REFUSED]: null } } };
  const off: Action = { type: "mergePatch", resource: RESOURCES.deployments, name, patch, why: "who was refused is told" };
  const at = new Date(scene.now).toISOString();
  return {
    ...draft,
    memory: { ...draft.memory, refused: { by, at } },
    raise: [...(draft.raise ?? []), off],
    events: [...(draft.events ?? []), tell(scene, REASON.ResumeRefused, text, { warning: true, onTarget: true, step: `refused-${at}` })],
  };
}
