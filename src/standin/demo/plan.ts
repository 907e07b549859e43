/** How long, how many, how fast: everything about the demo that somebody may want to change. */

export interface DemoPlan {
  readonly replicas: number;
  /** Requests a second. At the first step's weight they must feed the analysis. */
  readonly perSecond: number;
  readonly weights: readonly number[];
  /** Durations as the API takes them. */
  readonly minDuration: string;
  readonly bake: string;
  readonly scaleDownDelay: string;
  readonly minRequests: number;
  /** Where the numbers come from. */
  readonly source: "Proxies" | "Prometheus";
  /** The bad version: this part of its answers fails, so long after a pod's start. */
  readonly failRate: number;
  readonly failAfterSeconds: number;
  /** The plain rolling update: so long after the first failure somebody undoes it by hand. */
  readonly undoAfterSeconds: number;
  /** No act takes longer. */
  readonly patienceSeconds: number;
}

export const DEFAULT_PLAN: DemoPlan = {
  replicas: 6,
  perSecond: 200,
  weights: [1, 5, 20, 50],
  minDuration: "12s",
  bake: "10s",
  scaleDownDelay: "5s",
  minRequests: 10,
  source: "Proxies",
  failRate: 0.5,
  failAfterSeconds: 22,
  undoAfterSeconds: 12,
  patienceSeconds: 150,
};

/** Good first, then the bad one. */
export const VERSIONS = { first: "v1", good: "v2", bad: "v3" } as const;
