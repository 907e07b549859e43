/** A newer template in the middle of a release: the old one is closed at weight 0, and the newest starts over. */
import type { Policy } from "../../api/policy.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import { withdrawn } from "./cut.ts";

export function superseded(scene: Scene, policy: Policy): Draft {
  const why = `${scene.canary?.revision} gives way to ${scene.revision}`;
  return withdrawn(scene, policy, "Superseded", why, "a newer template came");
}
