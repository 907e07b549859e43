/** What takes the weight off a canary for a while: its pods fell, or its Service does not reach them. Not a verdict. */
import type { Policy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { pinOf } from "../../workload/selector.ts";
import type { Draft } from "../draft.ts";
import { ensureApexPin } from "../ensure.ts";
import { canaryIsShort } from "../gates.ts";
import { troubleOf } from "../guards.ts";
import { findingsOf } from "../health.ts";
import type { Judgement } from "../judgement.ts";
import type { Scene } from "../scene.ts";
import { lowerTo, tell } from "../writes.ts";
import { evidence } from "./moves.ts";

/** Too few pods for the weight; the time without them counts toward readyTimeout. */
export function canaryLostPods(scene: Scene, policy: Policy, judgement: Judgement): Draft | undefined {
  if (!canaryIsShort(scene, policy)) {
    return undefined;
  }
  const message = `weight 0 until the canary's pods are ready again${suffix(troubleOf(scene))}`;
  const draft = weightOff(scene, judgement, message, "too few canary pods are ready");
  const { canary } = draft.memory;
  const unreadySince = canary?.unreadySince ?? new Date(scene.now).toISOString();
  return canary === undefined ? draft : { ...draft, memory: { ...draft.memory, canary: { ...canary, unreadySince } } };
}

/** Its share would reach nobody, or somebody else. */
export function canaryIsCutOff(scene: Scene, judgement: Judgement): Draft | undefined {
  const { o, allowed, revision, names } = scene;
  if (allowed === 0 || pinOf(o.services.canary) === revision) {
    return undefined;
  }
  const what = o.services.canary === undefined ? "is gone" : "selects other pods";
  const text = `Service ${names.canary} ${what}`;
  return weightOff(scene, judgement, `weight 0: ${text}; it is made right, then the step starts over`, text);
}

/** Weight 0 until what is missing is back; the step starts over with the raise. */
function weightOff(scene: Scene, judgement: Judgement, message: string, why: string): Draft {
  const { status, now } = scene;
  return {
    phase: "Progressing",
    reason: REASON.WeightLowered,
    message,
    stableText: why,
    memory: {
      ...status,
      ...evidence(judgement),
      ...(status.step ? { step: { ...status.step, state: "Sizing" as const } } : {}),
      traffic: { weight: "0%" },
    },
    findings: findingsOf(scene, judgement),
    lower: [...lowerTo(scene, 0, why), ...(scene.stableHash === undefined ? [] : ensureApexPin(scene, scene.stableHash))],
    events: [tell(scene, REASON.WeightLowered, message, { warning: true, step: `lowered-${now}` })],
    wakes: [now],
    why: [message],
  };
}

function suffix(trouble: string | undefined): string {
  return trouble === undefined ? "" : `: ${trouble}`;
}
