/**
 * What runs is what the Deployment asks for: leftovers of a release go, and a release that is open was reverted. Whoever asked for the
 * policy that freezes on change is told where it is missing; frozen always meanwhile, the next template is a release all the same.
 */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { cleanUp, quietAt } from "../cleanup.ts";
import { conditionOf } from "../conditions.ts";
import type { Draft } from "../draft.ts";
import { freezePolicyIsMissing } from "../preflight.ts";
import type { Scene } from "../scene.ts";
import type { Action, PlanEvent } from "../types.ts";
import { freezeAtRest, lowerTo, markRelease, tell } from "../writes.ts";
import { ensureFinalizer, stableOf } from "./adopt.ts";
import { withdrawn } from "./cut.ts";
import { stalled } from "./stalled.ts";

export function idle(scene: Scene, policy: Policy): Draft {
  if (scene.open) {
    return reverted(scene, policy);
  }
  const { status } = scene;
  const quiet = quietAt(scene);
  const cleanup = quiet === undefined ? cleanUp(scene, false) : { actions: [], done: false };
  const lower = lowerTo(scene, 0, "the template is stable's again");
  const busy = !cleanup.done || lower.length > 0;
  const { canary: _canary, step: _step, traffic: _traffic, analysis: _analysis, reverts: _reverts, ...kept } = status;
  const text = "the template that runs is the Deployment's";
  const said = status.phase === "Ready" ? conditionOf(status, "Ready") : undefined;
  const idling = { ...kept, stable: stableOf(scene), managed: { deployment: scene.o.deployment?.metadata.name }, waitingFor: "" };
  const missing = busy ? undefined : freezePolicyIsMissing(scene);
  if (missing !== undefined) {
    return stalled(scene, missing, { memory: idling, raise: atRest(scene) });
  }
  return {
    phase: busy ? "RollingBack" : "Ready",
    reason: busy ? REASON.Reverted : (said?.reason ?? REASON.Idle),
    message: busy ? "taking the trial apart" : ((said && status.message) ?? text),
    stableText: busy ? "taking the trial apart" : text,
    memory: busy ? status : idling,
    lower,
    raise: lower.length > 0 ? [] : [...cleanup.actions, ...(cleanup.done ? atRest(scene) : [])],
    events: busy ? [] : told(scene),
    wakes: [quiet],
    why: [text],
  };
}

function atRest(scene: Scene): readonly Action[] {
  const own = [...markRelease(scene, null, "no release runs"), ...freezeAtRest(scene, scene.stable)];
  return own.length > 0 || scene.status.phase !== "Ready" ? own : ensureFinalizer(scene);
}

/** The first status after the freeze, and the end of a rejection. */
function told(scene: Scene): readonly PlanEvent[] {
  const { status, canary, o } = scene;
  if (status.stable === undefined) {
    const text = `Deployment ${o.deployment?.metadata.name} is adopted: template changes become releases`;
    return [tell(scene, REASON.Adopted, text, { onTarget: true, step: "adopt" })];
  }
  if (canary?.outcome !== "RolledBack" && canary?.outcome !== "Stopped") {
    return [];
  }
  const text = `the template is stable's again: ${canary.revision} later is a new release`;
  return [tell(scene, REASON.RejectionClosed, text, { onTarget: true })];
}

function reverted(scene: Scene, policy: Policy): Draft {
  const why = `the template went back to stable's before ${scene.canary?.revision} was decided`;
  return withdrawn(scene, policy, "Reverted", why, "the release was reverted");
}
