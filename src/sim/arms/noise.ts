/** How real traffic differs from chance, held for blocks of 15 s. Figures of simulations, not of recorded services. */

export interface Noise {
  /** Coefficient of variation of both versions' failure rate together. */
  readonly shared: number;
  /** An incident of both: the chance that one begins in a block, its mean length in blocks, the failure rate that it adds. */
  readonly incident: Burst;
  /** Coefficient of variation of each version's failure rate. */
  readonly own: number;
  /** Failures come in clusters of this mean size. */
  readonly cluster: number;
  /** An incident of one version alone. */
  readonly burst: Burst;
  /** Standard deviation of the logarithm: the canary's failure rate for the whole release; latency of both, of each, for the whole release. */
  readonly lasting: number;
  readonly latencyShared: number;
  readonly latencyOwn: number;
  readonly latencyLasting: number;
}

export interface Burst {
  readonly begins: number;
  readonly blocks: number;
  readonly adds: number;
}

export const BLOCK_SECONDS = 15;

const NEVER: Burst = { begins: 0, blocks: 1, adds: 0 };
const INCIDENT: Burst = { begins: 1 / 120, blocks: 4, adds: 0.05 };

const CHANCE: Noise = {
  ...{ shared: 0, incident: NEVER, own: 0, cluster: 1, burst: NEVER, lasting: 0 },
  ...{ latencyShared: 0, latencyOwn: 0, latencyLasting: 0 },
};

export const NOISES = {
  poisson: CHANCE,
  moderate: {
    ...{ shared: 1, incident: INCIDENT, own: 0.5, cluster: 3, burst: NEVER, lasting: 0.1 },
    ...{ latencyShared: 0.15, latencyOwn: 0.03, latencyLasting: 0.02 },
  },
  severe: {
    ...{ shared: 1, incident: INCIDENT, own: 1, cluster: 5, burst: { begins: 1 / 120, blocks: 2, adds: 0.1 }, lasting: 0.1 },
    ...{ latencyShared: 0.15, latencyOwn: 0.08, latencyLasting: 0.03 },
  },
} as const satisfies Record<string, Noise>;

export type NoiseName = keyof typeof NOISES;
