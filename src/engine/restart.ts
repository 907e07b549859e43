/**
 * `serin.dev/restart: <token>`: the pods are started anew as a release, by an annotation in the Deployment's template. The
 * token is used up when it is seen there, so a crash in between repeats the same write and nothing else.
 */
import { RESTARTED } from "../api/marks.ts";
import { REASON } from "../api/reasons.ts";
import { RESOURCES } from "../domain/kube.ts";
import type { Draft } from "./draft.ts";
import { freshIntents, used } from "./intents.ts";
import type { Scene } from "./scene.ts";
import { isAdoptedByUs } from "./stages/adopt.ts";
import { tell } from "./writes.ts";

export function restart(scene: Scene, draft: Draft): Draft {
  const { deployment } = scene.o;
  const [asked] = freshIntents(scene.o).filter((intent) => intent.kind === "restart");
  if (asked === undefined || deployment === undefined || !isAdoptedByUs(scene) || (scene.adopted !== undefined && scene.open)) {
    return draft;
  }
  const seen = deployment.spec.template.metadata?.annotations?.[RESTARTED] === asked.value;
  if (seen) {
    const event = tell(scene, REASON.RestartRequested, `restart ${asked.value}: a release of the same images`, {
      step: `restart-${asked.value}`,
    });
    return { ...draft, memory: used(draft.memory, [asked]), events: [...(draft.events ?? []), event] };
  }
  const patch = { spec: { template: { metadata: { annotations: { [RESTARTED]: asked.value } } } } };
  const why = "a restart is a release";
  return {
    ...draft,
    raise: [...(draft.raise ?? []), { type: "mergePatch", resource: RESOURCES.deployments, name: deployment.metadata.name, patch, why }],
  };
}
