/** From a valid spec to the policy that the engine follows, every default resolved. */
import { parseDuration } from "../domain/duration.ts";
import type { LabelSelector } from "../domain/kube.ts";
import { parsePercent } from "../domain/percent.ts";
import type { CanaryRolloutSpec } from "./canary-rollout.ts";
import { DEFAULT_PRESET, DEFAULT_SUCCESS_RATE, DEFAULT_WEIGHTS, DEFAULTS, STEP_DEFAULTS } from "./defaults.ts";
import type { AnalysisPolicy, LatencyPolicy, Policy, StepPolicy } from "./policy.ts";
import { percentOfWeight } from "./schema/scalars.ts";

/** What a controller's own settings decide where a spec says nothing. */
export interface PolicyDefaults {
  readonly preset: string;
}

export const STANDARD: PolicyDefaults = { preset: DEFAULT_PRESET };

/** Of a spec that `CanaryRolloutSpec` accepts. */
export function policyOf(spec: CanaryRolloutSpec, defaults: PolicyDefaults = STANDARD): Policy {
  const { targetRef, traffic = {}, canary = {}, strategy = {} } = spec;
  return {
    target: { kind: targetRef.kind ?? DEFAULTS.targetRef.kind, name: targetRef.name },
    traffic: { service: traffic.service ?? targetRef.name, port: traffic.port },
    canary: {
      replicas: canary.replicas ?? DEFAULTS.canary.replicas,
      readyTimeoutMs: ms(canary.readyTimeout ?? DEFAULTS.canary.readyTimeout),
      scaleDownDelayMs: ms(canary.scaleDownDelay ?? DEFAULTS.canary.scaleDownDelay),
    },
    steps: (strategy.steps ?? DEFAULT_WEIGHTS.map((weight) => ({ weight }))).map(stepOf),
    bakeMs: ms(strategy.bake ?? DEFAULTS.strategy.bake),
    maxUnready: strategy.maxUnready ?? DEFAULTS.strategy.maxUnready,
    deadlineMs: ms(strategy.deadline ?? DEFAULTS.strategy.deadline),
    freeze: strategy.freeze,
    onFail: strategy.onFail ?? DEFAULTS.strategy.onFail,
    analysis: analysisOf(spec.analysis ?? {}, defaults),
    health: spec.health ?? DEFAULTS.health,
    deletionPolicy: spec.deletionPolicy ?? DEFAULTS.deletionPolicy,
    suspend: spec.suspend ?? DEFAULTS.suspend,
  };
}

type StepSpec = NonNullable<NonNullable<CanaryRolloutSpec["strategy"]>["steps"]>[number];
type AnalysisSpec = NonNullable<CanaryRolloutSpec["analysis"]>;

function stepOf(step: StepSpec): StepPolicy {
  return {
    weight: percentOfWeight(step.weight),
    minDurationMs: ms(step.minDuration ?? STEP_DEFAULTS.minDuration),
    maxDurationMs: ms(step.maxDuration ?? STEP_DEFAULTS.maxDuration),
    onInconclusive: step.onInconclusive ?? STEP_DEFAULTS.onInconclusive,
    approval: step.approval ?? STEP_DEFAULTS.approval,
  };
}

function analysisOf(spec: AnalysisSpec, { preset }: PolicyDefaults): AnalysisPolicy {
  return {
    preset: spec.preset ?? preset,
    source: spec.source ?? DEFAULTS.analysis.source,
    clients: spec.clients as LabelSelector | undefined,
    intervalMs: ms(spec.interval ?? DEFAULTS.analysis.interval),
    minRequests: spec.minRequests ?? DEFAULTS.analysis.minRequests,
    successRateMin: parsePercent(spec.successRate?.min ?? DEFAULT_SUCCESS_RATE)!,
    latency: (spec.latency ?? []).map(latencyOf),
    onError: spec.onError ?? DEFAULTS.analysis.onError,
    errorTimeoutMs: ms(spec.errorTimeout ?? DEFAULTS.analysis.errorTimeout),
  };
}

function latencyOf({ percentile, max }: NonNullable<AnalysisSpec["latency"]>[number]): LatencyPolicy {
  return { percentile, quantile: parsePercent(`${percentile}%`)!, maxMs: ms(max) };
}

function ms(duration: string): number {
  return parseDuration(duration)!;
}
