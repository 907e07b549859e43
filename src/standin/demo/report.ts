/** What happened, as numbers for a machine and as the closing line for a person. */
import type { Costs } from "./costs.ts";
import type { WeightChange } from "./world.ts";

export interface ReleaseRun {
  /** As the rollout's history says, or TimedOut. */
  readonly outcome: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly weights: readonly WeightChange[];
  readonly requests: number;
  readonly failedRequests: number;
  /** Of the new version's answers. */
  readonly firstFailureAt: number | undefined;
  readonly costs: Costs;
}

export interface RollingRun {
  readonly requests: number;
  readonly failedRequests: number;
}

export interface DemoReport {
  readonly good: {
    readonly outcome: string;
    readonly seconds: number;
    readonly steps: readonly { readonly weight: number; readonly seconds: number }[];
    readonly requests: number;
    readonly failedRequests: number;
  } & Costs;
  readonly bad: {
    readonly outcome: string;
    readonly maxWeight: number;
    readonly secondsToCutOff: number | null;
    readonly requests: number;
    readonly failedRequests: number;
  } & Costs;
  readonly rollingUpdate: RollingRun;
}

export function reportOf(good: ReleaseRun, bad: ReleaseRun, rollingUpdate: RollingRun): DemoReport {
  return {
    good: {
      outcome: good.outcome,
      seconds: secondsBetween(good.startedAt, good.finishedAt),
      steps: stepsOf(good),
      requests: good.requests,
      failedRequests: good.failedRequests,
      ...good.costs,
    },
    bad: {
      outcome: bad.outcome,
      maxWeight: Math.max(0, ...bad.weights.map(({ weight = 0 }) => weight)),
      secondsToCutOff: secondsToCutOff(bad),
      requests: bad.requests,
      failedRequests: bad.failedRequests,
      ...bad.costs,
    },
    rollingUpdate,
  };
}

export function isAsItShouldBe({ good, bad }: Pick<DemoReport, "good" | "bad">): boolean {
  return good.outcome === "Promoted" && bad.outcome === "RolledBack";
}

export function closingLine({ good, bad, rollingUpdate }: DemoReport): string {
  const failed = `Failed requests: rolling update ${count(rollingUpdate.failedRequests)}, Serin ${count(bad.failedRequests)}.`;
  return `${failed} Writes ${count(good.apiWrites)}, reads ${count(good.apiReads)}, queries ${count(good.metricQueries)}.`;
}

/** How long each positive weight was in the route. */
function stepsOf({ weights, finishedAt }: ReleaseRun): { weight: number; seconds: number }[] {
  return weights.flatMap(({ at, weight = 0 }, index) =>
    weight > 0 ? [{ weight, seconds: secondsBetween(at, weights[index + 1]?.at ?? finishedAt) }] : [],
  );
}

/** From the first failed answer of the canary to weight 0 in the route; null where there was no cut. */
function secondsToCutOff({ weights, firstFailureAt }: ReleaseRun): number | null {
  const cut = weights.find(({ weight }, index) => (weight ?? 0) === 0 && (weights[index - 1]?.weight ?? 0) > 0);
  return cut === undefined || firstFailureAt === undefined ? null : secondsBetween(firstFailureAt, cut.at);
}

function secondsBetween(from: number, to: number): number {
  return Math.round((to - from) / 10) / 100;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}
