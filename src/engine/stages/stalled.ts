/** A person must act: says what, keeps traffic as it is unless told to lower it. */

import type { Reason } from "../../api/reasons.ts";
import type { Finding } from "../../workload/findings.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { tell } from "../writes.ts";

export function stalled(
  scene: Scene,
  finding: Finding,
  more: { lower?: readonly Action[]; raise?: readonly Action[]; memory?: Scene["status"] } = {},
): Draft {
  return {
    phase: "Stalled",
    stalled: true,
    reason: finding.reason,
    message: finding.message,
    memory: more.memory ?? scene.status,
    lower: more.lower ?? [],
    raise: more.raise ?? [],
    events: [
      tell(scene, finding.reason as Reason, finding.message, {
        warning: true,
        onTarget: true,
        step: `g${scene.o.rollout.metadata.generation}`,
      }),
    ],
    why: [`${finding.reason}: ${finding.message}`],
  };
}
