/** What people asked for and nothing will act on. */
import { REASON } from "../api/reasons.ts";
import type { Draft } from "./draft.ts";
import { freshIntents, type Intent, names, used } from "./intents.ts";
import type { Scene } from "./scene.ts";
import { isAdoptedByUs } from "./stages/adopt.ts";
import { tell } from "./writes.ts";

/** Values that nothing will act on: said once, and used up, so that they open no later door. */
export function ignored(scene: Scene, draft: Draft): Draft {
  const memory = draft.memory;
  const left = freshIntents(scene.o).filter(({ kind, value }) => kind !== "restart" && !(memory.intents?.[kind] ?? []).includes(value));
  if (left.length === 0 || !isAdoptedByUs(scene)) {
    return draft;
  }
  const events = left.map((intent) =>
    tell(
      scene,
      tooLate(scene, intent) ? REASON.TooLate : REASON.IntentIgnored,
      `${intent.kind} ${intent.value}: ${whyIgnored(scene, intent)}`,
      {
        warning: true,
        step: `${intent.kind}-${intent.value}`,
      },
    ),
  );
  return { ...draft, memory: used(memory, left), events: [...(draft.events ?? []), ...events] };
}

function tooLate(scene: Scene, intent: Intent): boolean {
  return scene.adopted !== undefined && scene.open && intent.kind === "abort";
}

function whyIgnored(scene: Scene, intent: Intent): string {
  if (tooLate(scene, intent)) {
    return "the tried pods are already handed over; release the old template to go back";
  }
  if (!names(intent, scene.revision ?? "")) {
    return `the current revision is ${scene.revision}`;
  }
  return { promote: "nothing waits for it", abort: "no release runs", retry: "nothing was refused", restart: "" }[intent.kind];
}
