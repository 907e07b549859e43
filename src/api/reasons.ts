/** CamelCase reasons of conditions and events. One list, so that alerts and docs can rely on the words. */
export const REASON = {
  // adoption and idleness
  WaitingForDeployment: "WaitingForDeployment",
  Adopting: "Adopting",
  Adopted: "Adopted",
  Idle: "Idle",
  // a release on its way
  ReleaseStarted: "ReleaseStarted",
  Progressing: "Progressing",
  WeightRaised: "WeightRaised",
  WeightLowered: "WeightLowered",
  AwaitingApproval: "AwaitingApproval",
  Suspended: "Suspended",
  Promoting: "Promoting",
  // held
  Inconclusive: "Inconclusive",
  InsufficientTraffic: "InsufficientTraffic",
  TrafficUnconfirmed: "TrafficUnconfirmed",
  MetricsUnavailable: "MetricsUnavailable",
  StableNotReady: "StableNotReady",
  HandsOff: "HandsOff",
  // outcomes
  Promoted: "Promoted",
  RolledBack: "RolledBack",
  Superseded: "Superseded",
  Reverted: "Reverted",
  RejectionClosed: "RejectionClosed",
  Shipped: "Shipped",
  // why a release was cut
  AnalysisFailed: "AnalysisFailed",
  LatencyFailed: "LatencyFailed",
  Aborted: "Aborted",
  DeadlineExceeded: "DeadlineExceeded",
  ReadyTimeout: "ReadyTimeout",
  InconclusiveTimeout: "InconclusiveTimeout",
  MetricsTimeout: "MetricsTimeout",
  UnsupportedStrategy: "UnsupportedStrategy",
  // a person must act
  InvalidSpec: "InvalidSpec",
  Forbidden: "Forbidden",
  TargetMissing: "TargetMissing",
  DeploymentFailing: "DeploymentFailing",
  TargetTaken: "TargetTaken",
  TargetReplaced: "TargetReplaced",
  TargetChanged: "TargetChanged",
  ServiceMissing: "ServiceMissing",
  RouteKindMissing: "RouteKindMissing",
  StableLost: "StableLost",
  StablePutBack: "StablePutBack",
  // people and tools
  IntentIgnored: "IntentIgnored",
  TooLate: "TooLate",
  Refrozen: "Refrozen",
  WeightsReverted: "WeightsReverted",
  SelectorReverted: "SelectorReverted",
  UnsplitPorts: "UnsplitPorts",
  GitOpsConflict: "GitOpsConflict",
  StaysFrozen: "StaysFrozen",
  RestartRequested: "RestartRequested",
} as const;

export type Reason = (typeof REASON)[keyof typeof REASON];
