/**
 * The Deployment under a rollout is not the one that was frozen any more: it is gone, another took its name, or the spec
 * names another. Whatever the old one left behind is taken away, then the rollout begins anew.
 */
import type { Policy } from "../../api/policy.ts";
import { REASON, type Reason } from "../../api/reasons.ts";
import { cleanUp, deleteTrials, dismantle } from "../cleanup.ts";
import type { Draft } from "../draft.ts";
import type { Scene } from "../scene.ts";
import type { Action } from "../types.ts";
import { cutMarkOf, lowerTo, tell } from "../writes.ts";
import { isKnownToUs } from "./adopt.ts";
import { close } from "./cut.ts";
import { stalled } from "./stalled.ts";
import { giveBack } from "./terminate.ts";

/** Deleted, or being deleted. A trial whose owner was orphaned has nobody else to delete it. */
export function targetMissing(scene: Scene, policy: Policy): Draft {
  const name = scene.status.managed?.deployment ?? policy.target.name;
  const rest = remains(scene);
  const message = `Deployment ${name} does not exist in namespace ${scene.names.namespace}: create it or correct spec.targetRef.name`;
  const memory = forgotten(scene, { reason: REASON.TargetMissing, why: message }, rest);
  return stalled(scene, { reason: REASON.TargetMissing, message }, { memory, raise: rest });
}

/** Deleted and made again, between two looks, with a template that was never stable: nothing of it is frozen. */
export function targetReplaced(scene: Scene): Draft | undefined {
  const { o, status, stable } = scene;
  if (status.stable === undefined || stable !== undefined || isKnownToUs(scene)) {
    return undefined;
  }
  const rest = remains(scene);
  const message = `Deployment ${o.deployment?.metadata.name} was replaced by a new one: adopted anew`;
  return {
    phase: "Initializing",
    reason: REASON.TargetReplaced,
    message,
    memory: forgotten(scene, { reason: REASON.TargetReplaced, why: message }, rest),
    raise: rest,
    events: [tell(scene, REASON.TargetReplaced, message, { warning: true, onTarget: true, step: o.deployment?.metadata.uid ?? "" })],
    wakes: [scene.now],
    why: [message],
  };
}

/** The oldest rollout on a target acts; whoever acted before leaves. */
export function targetTaken(scene: Scene): Draft | undefined {
  const { olderRival } = scene.o;
  if (olderRival === undefined) {
    return undefined;
  }
  const message = `CanaryRollout ${olderRival} is older and acts on the same target: delete one of the two`;
  const lower = lowerTo(scene, 0, message, cutMarkOf(scene));
  const rest = lower.length > 0 || !hasActed(scene) ? [] : cleanUp(scene, false).actions;
  const memory = forgotten(scene, { reason: REASON.TargetTaken, why: message }, [...lower, ...rest]);
  return stalled(scene, { reason: REASON.TargetTaken, message }, { memory, lower, raise: rest });
}

/** `spec.targetRef` was edited: the old Deployment is given back before the new one is looked at. */
export function retargeted(scene: Scene, policy: Policy): Draft | undefined {
  const old = scene.status.managed?.deployment;
  if (old === undefined || old === policy.target.name || scene.o.deployment === undefined) {
    return undefined;
  }
  const why = `the target changed from ${old} to ${policy.target.name}`;
  const { lower, raise, done } = giveBack(scene, why);
  return {
    phase: "Initializing",
    reason: REASON.TargetChanged,
    message: `spec.targetRef names Deployment ${policy.target.name} now: Deployment ${old} is given back`,
    memory: done ? forgotten(scene, { reason: REASON.TargetChanged, why }, []) : scene.status,
    lower,
    raise,
    wakes: [scene.now + 1_000],
    why: [why],
  };
}

/** Route, pins and Services, then the trials: who is left serves through the apex. */
function remains(scene: Scene): readonly Action[] {
  return hasActed(scene) ? [...dismantle(scene), ...deleteTrials(scene)] : [];
}

/** A pin of a Service where nothing else is ours may be another rollout's. */
function hasActed({ o, status, trial, oldTrials }: Scene): boolean {
  const own = [o.route, o.services.stable, o.services.canary, trial, ...oldTrials];
  return status.managed?.services !== undefined || own.some((object) => object !== undefined);
}

/** The names of what is left are kept until it is gone. */
function forgotten(scene: Scene, why: { reason: Reason; why: string }, left: readonly Action[]): Scene["status"] {
  const { status } = scene;
  const ended = scene.open ? close(scene, "Removed", why) : {};
  const history = ended.history ?? status.history;
  return {
    ...(history ? { history } : {}),
    ...(status.intents ? { intents: status.intents } : {}),
    managed: left.length > 0 ? (status.managed ?? {}) : {},
  };
}
