/**
 * The spec as the engine reads it: every default resolved, durations in milliseconds, rates as fractions.
 * Made by `policyOf` from a valid `CanaryRollout`; `serin explain --effective` prints the same.
 */
import type { LabelSelector } from "../domain/kube.ts";

/** When the Deployment is paused: when its template changes (by an admission policy), or always. */
export type FreezeMode = "OnChange" | "Always";

export interface StepPolicy {
  /** Percent in tenths, 0.1 to 100. */
  readonly weight: number;
  readonly minDurationMs: number;
  readonly maxDurationMs: number;
  readonly onInconclusive: "Hold" | "Advance" | "Rollback";
  readonly approval: boolean;
}

export interface LatencyPolicy {
  /** As written, for people: "99", "99.9". */
  readonly percentile: string;
  /** The same as a fraction in (0, 1). */
  readonly quantile: number;
  readonly maxMs: number;
}

export interface AnalysisPolicy {
  readonly preset: string;
  readonly source: "Prometheus" | "Proxies";
  readonly clients: LabelSelector | undefined;
  readonly intervalMs: number;
  readonly minRequests: number;
  /** Fraction in (0, 1); undefined: the check is not there. */
  readonly successRateMin: number | undefined;
  readonly latency: readonly LatencyPolicy[];
  readonly onError: "Hold" | "Rollback";
  readonly errorTimeoutMs: number;
}

export interface Policy {
  readonly target: { readonly kind: "Deployment"; readonly name: string };
  readonly traffic: { readonly service: string; readonly port: number | undefined };
  readonly canary: {
    readonly replicas: "Proportional" | "Full" | number;
    readonly readyTimeoutMs: number;
    readonly scaleDownDelayMs: number;
  };
  readonly steps: readonly StepPolicy[];
  readonly bakeMs: number;
  readonly maxUnready: number;
  readonly deadlineMs: number;
  /** undefined: as the cluster allows. */
  readonly freeze: FreezeMode | undefined;
  readonly onFail: "Rollback" | "Stop";
  readonly analysis: AnalysisPolicy;
  readonly health: "Wait" | "Detached";
  readonly deletionPolicy: "Unfreeze" | "Resume";
  readonly suspend: boolean;
}
