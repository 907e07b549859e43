/**
 * What a field means that nobody wrote. The CRD repeats those outside lists, so that people see them on the object; all are
 * resolved in `policyOf`, which needs no API server.
 */
export const DEFAULTS = {
  targetRef: { apiVersion: "apps/v1", kind: "Deployment" },
  canary: { replicas: "Proportional", readyTimeout: "10m", scaleDownDelay: "30s" },
  strategy: { bake: "1m", maxUnready: 0, deadline: "2h", onFail: "Rollback" },
  analysis: { source: "Prometheus", interval: "10s", minRequests: 50, onError: "Hold", errorTimeout: "10m" },
  health: "Wait",
  deletionPolicy: "Unfreeze",
  suspend: false,
} as const;

/** Lists carry no schema defaults: GitOps tools would show them as drift for ever. */
export const STEP_DEFAULTS = { minDuration: "1m", maxDuration: "30m", onInconclusive: "Hold", approval: false } as const;
export const DEFAULT_WEIGHTS = [1, 5, 20, 50] as const;

/** Not in the CRD either: an absolute threshold is the default only until versions are compared with each other. */
export const DEFAULT_SUCCESS_RATE = "99%";

export const DEFAULT_PRESET = "Linkerd";
