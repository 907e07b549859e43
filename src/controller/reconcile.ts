/** One rollout, once: observe, decide, act. What must be remembered between two of them is small and can be lost. */
import { ApiError } from "../domain/kube.ts";
import { PRUNED_FOR_MS } from "../engine/outdated.ts";
import type { Forbidden, Observed, Plan, Pruned, RolloutObject } from "../engine/types.ts";
import { type ActContext, type ActResult, act, StatusPruned } from "./act.ts";
import { type ObserveContext, observe } from "./observe.ts";

export type ReconcileContext = Pick<ObserveContext, "cache" | "feed" | "preset"> &
  ActContext & {
    readonly now: () => number;
    readonly decide: (observed: Observed) => Plan;
  };

/** Per rollout, in memory: a restart forgets it without harm. */
export interface Memory {
  readonly statusWrites: readonly number[];
  readonly forbidden: Forbidden | undefined;
  readonly pruned: Pruned | undefined;
}

export const NO_MEMORY: Memory = { statusWrites: [], forbidden: undefined, pruned: undefined };
const REMEMBERED_MS = 10 * 60_000;

export interface Reconciled {
  readonly observed: Observed;
  readonly plan: Plan;
  readonly result: ActResult;
  readonly memory: Memory;
}

export async function reconcile(rollout: RolloutObject, memory: Memory, context: ReconcileContext): Promise<Reconciled> {
  const now = context.now();
  const observed = observe(rollout, { ...context, now, ...memory });
  const plan = context.decide(observed);
  const result = await act(observed, plan, context);
  return { observed, plan, result, memory: remember(memory, result, now, plan) };
}

function remember(memory: Memory, result: ActResult, now: number, plan: Plan): Memory {
  const recent = memory.statusWrites.filter((at) => at > now - REMEMBERED_MS);
  return {
    statusWrites: result.committed ? [...recent, now] : recent,
    forbidden: forbiddenOf(memory, result, plan),
    pruned: prunedOf(memory, result, now),
  };
}

/** Kept for as long as the engine goes by it: whether the CRD is newer by then shows the next write. */
function prunedOf({ pruned }: Memory, result: ActResult, now: number): Pruned | undefined {
  if (!result.ok && !result.conflict && result.error instanceof StatusPruned) {
    return { field: result.error.field, at: now };
  }
  return pruned !== undefined && now < pruned.at + PRUNED_FOR_MS ? pruned : undefined;
}

/** Kept until writes go through again. */
function forbiddenOf(memory: Memory, result: ActResult, plan: Plan): Forbidden | undefined {
  if (!result.ok && !result.conflict && result.error instanceof ApiError && result.error.kind === "stalled") {
    const { verb, resource, message } = result.error;
    return { verb, resource: resource.plural, message };
  }
  const wrote = result.ok && plan.lower.length + plan.raise.length > 0;
  return wrote ? undefined : memory.forbidden;
}
