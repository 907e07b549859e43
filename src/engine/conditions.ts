/**
 * Conditions as kstatus reads them: Ready is always there; at most one of Reconciling and Stalled is True, and neither is
 * there when False. Times move only with the status of a condition, texts only with its reason.
 */
import { REASON } from "../api/reasons.ts";
import type { CanaryRolloutStatus, Phase, StatusCondition } from "../api/status.ts";
import type { Draft } from "./draft.ts";

type Wanted = Omit<StatusCondition, "lastTransitionTime" | "observedGeneration">;

const KSTATUS: readonly string[] = ["Ready", "Reconciling", "Stalled"];
const RELEASE_PHASES: readonly Phase[] = ["Pending", "Progressing", "Paused", "Promoting", "RollingBack", "RolledBack"];

export function conditionsOf(
  old: CanaryRolloutStatus,
  draft: Draft,
  generation: number,
  detached: boolean,
  now: number,
): StatusCondition[] {
  const beside = draft.findings === undefined && isOpen(draft) ? kept(old) : extras(draft);
  return [...kstatus(draft, detached), ...beside].map((wanted) => dated(old, wanted, generation, now));
}

function kstatus(draft: Draft, detached: boolean): Wanted[] {
  const message = draft.stableText ?? draft.message;
  const { reason } = draft;
  const ready = draft.phase === "Ready";
  const stalled = draft.stalled === true || draft.phase === "RolledBack" || draft.phase === "Stalled";
  if (ready || (detached && RELEASE_PHASES.includes(draft.phase))) {
    return [{ type: "Ready", status: "True", reason, message }];
  }
  return [
    { type: "Ready", status: "False", reason, message },
    { type: stalled ? "Stalled" : "Reconciling", status: "True", reason, message },
  ];
}

/** A stage that looks at neither traffic nor metrics leaves what was said of them. */
function kept(old: CanaryRolloutStatus): Wanted[] {
  return (old.conditions ?? [])
    .filter(({ type }) => !KSTATUS.includes(type))
    .map(({ type, status, reason, message }) => ({ type, status, reason, message }));
}

function isOpen({ memory }: Draft): boolean {
  return memory.canary !== undefined && memory.canary.outcome === undefined;
}

function extras(draft: Draft): Wanted[] {
  const { trafficConfirmed, analysisHealthy, gitOpsConflict } = draft.findings ?? {};
  return [
    ...(trafficConfirmed ? [{ type: "TrafficConfirmed", ...trafficConfirmed }] : []),
    ...(analysisHealthy ? [{ type: "AnalysisHealthy", ...analysisHealthy }] : []),
    ...(gitOpsConflict ? [{ type: "GitOpsConflict", status: "True" as const, ...gitOpsConflict }] : []),
  ];
}

function dated(old: CanaryRolloutStatus, wanted: Wanted, generation: number, now: number): StatusCondition {
  const before = conditionOf(old, wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : new Date(now).toISOString();
  return { ...wanted, lastTransitionTime, observedGeneration: generation };
}

export function conditionOf(status: CanaryRolloutStatus, type: string): StatusCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** What was said last, for a stage that only puts something right: the conditions stay as they are. */
export function asSaid(status: CanaryRolloutStatus): Pick<Draft, "phase" | "reason" | "stableText" | "stalled"> {
  const ready = conditionOf(status, "Ready");
  return {
    phase: status.phase ?? "Initializing",
    reason: ready?.reason ?? REASON.Progressing,
    stableText: ready?.message ?? "a release runs",
    stalled: conditionOf(status, "Stalled")?.status === "True",
  };
}

/** Since when a condition has had this status, in milliseconds since the epoch. */
export function conditionSince(status: CanaryRolloutStatus, type: string, value: "True" | "False"): number | undefined {
  const condition = conditionOf(status, type);
  return condition?.status === value ? Date.parse(condition.lastTransitionTime) : undefined;
}
