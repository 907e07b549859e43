/**
 * The only place that changes the world, in the one order that is safe:
 *
 *   1 lower    always, first, whatever else fails
 *   2 commit   the status, with the version that was observed; a conflict drops the rest of the plan
 *   3 raise    only after the commit; the first failure ends it
 *   4 tell     events, best effort
 */
import type { CanaryRolloutStatus } from "../api/status.ts";
import type { EventInput } from "../cluster/events.ts";
import { ApiError, type KubeObject, RESOURCES, type Verbs } from "../domain/kube.ts";
import type { Action, Observed, Plan, PlanEvent, RolloutObject } from "../engine/types.ts";
import type { Cache } from "./cache.ts";
import { mergeDiff, missingIn } from "./merge-diff.ts";
import { perform } from "./perform.ts";

export interface ActContext {
  readonly verbs: Verbs;
  readonly cache: Pick<Cache, "put" | "drop">;
  readonly record: (event: EventInput) => Promise<void>;
  readonly onAction?: (action: Action) => void;
}

export type ActResult = { readonly committed: boolean } & (
  | { readonly ok: true }
  /** Somebody was faster: observe again. */
  | { readonly ok: false; readonly conflict: true }
  | { readonly ok: false; readonly conflict: false; readonly error: unknown }
);

/** The CRD is older than this controller: it drops what must be remembered, and answers 200. */
export class StatusPruned extends Error {
  override readonly name = "StatusPruned";
  readonly field: string;
  constructor(field: string) {
    super(`the API server did not keep ${field}`);
    this.field = field;
  }
}

export async function act(observed: Observed, plan: Plan, context: ActContext): Promise<ActResult> {
  const namespace = observed.rollout.metadata.namespace ?? "";
  const failure = await lowerAll(plan.lower, namespace, context);
  if (failure !== undefined) {
    return { committed: await saidAnyway(observed, plan, failure.error, context), ...failed(failure.error) };
  }
  let committed = false;
  try {
    if (plan.status !== undefined) {
      const lost = await commit(observed, plan.status, context);
      committed = true;
      if (lost !== undefined) throw new StatusPruned(lost);
    }
    for (const action of plan.raise) {
      context.onAction?.(action);
      await perform(action, namespace, context);
    }
  } catch (error) {
    if (committed) {
      await tell(observed, plan.events, context);
    }
    return { committed, ...failed(error) };
  }
  await tell(observed, plan.events, context);
  return { committed, ok: true };
}

/** What is forbidden stays forbidden until a person acts: the status must say so, though nothing may be raised. */
async function saidAnyway(observed: Observed, plan: Plan, error: unknown, context: ActContext): Promise<boolean> {
  if (plan.status === undefined || !(error instanceof ApiError) || error.kind !== "stalled") {
    return false;
  }
  try {
    await commit(observed, plan.status, context);
  } catch (second) {
    if (second instanceof ApiError) {
      return false;
    }
    throw second;
  }
  await tell(observed, plan.events, context);
  return true;
}

/** One that fails keeps no other from being tried. */
async function lowerAll(actions: readonly Action[], namespace: string, context: ActContext): Promise<{ error: unknown } | undefined> {
  let failure: { error: unknown } | undefined;
  for (const action of actions) {
    try {
      context.onAction?.(action);
      await perform(action, namespace, context);
    } catch (error) {
      failure ??= { error };
    }
  }
  return failure;
}

/** Answers the first field that the API server did not keep. */
async function commit(observed: Observed, status: CanaryRolloutStatus, { verbs, cache }: ActContext): Promise<string | undefined> {
  const { name, namespace = "", resourceVersion } = observed.rollout.metadata;
  const patch = { metadata: { resourceVersion }, status: mergeDiff({ ...observed.rollout.status }, { ...status }) };
  const stored = (await verbs.patchStatus(RESOURCES.canaryRollouts, namespace, name, patch)) as RolloutObject;
  cache.put("canaryRollouts", stored);
  return missingIn({ ...stored.status }, { ...status }, "status");
}

async function tell(observed: Observed, events: readonly PlanEvent[], { record }: ActContext): Promise<void> {
  for (const event of events) {
    const targets: (KubeObject | undefined)[] = [observed.rollout, event.onTarget ? observed.deployment : undefined];
    for (const regarding of targets) {
      if (regarding !== undefined) {
        const { type, reason, note, id } = event;
        await record({ regarding, type, reason, action: reason, note, transition: id });
      }
    }
  }
}

function failed(error: unknown): { ok: false; conflict: true } | { ok: false; conflict: false; error: unknown } {
  const conflict = error instanceof ApiError && (error.kind === "conflict" || error.kind === "gone");
  return conflict ? { ok: false, conflict: true } : { ok: false, conflict: false, error };
}
