/** Releases, one or many at once, some of them bad: what each costs, and how soon a bad sample is weight 0. */
import type { CanaryRolloutStatus } from "../../src/api/status.ts";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { inTurns } from "../../src/metrics/turns.ts";
import { BAD_TAG } from "../../src/standin/hollow/mesh.ts";
import type { Controller, Usage } from "./controller.ts";
import { type App, settle, startAdoptedFleet } from "./fleet.ts";
import { type Plane, type PlaneOptions, startPlane } from "./plane.ts";
import { between, requestsOf } from "./requests.ts";
import type { Say } from "./say.ts";

export interface ReleasesResult {
  readonly releases: number;
  readonly bad: number;
  readonly replicas: number;
  readonly intervalSeconds: number;
  readonly seconds: number;
  readonly requests: ReturnType<typeof requestsOf>;
  readonly queries: number;
  readonly podsStarted: number;
  /** Milliseconds from the first answer with failures to weight 0, in order. */
  readonly cutMs: readonly number[];
  readonly promoted: number;
  readonly rolledBack: number;
  /** At the worst moment. */
  readonly queueLagSeconds: number;
  readonly loopLagSeconds: number;
  readonly memory: number;
  readonly cpuSeconds: number;
}

export interface ReleasesOptions extends Omit<PlaneOptions, "requestsPerSecond"> {
  readonly releases: number;
  readonly replicas: number;
  /** Every so many is bad. */
  readonly badOneIn: number;
}

const REQUESTS_PER_SECOND = 100;
const WITHIN_MS = 30 * 60_000;
const LOOK_MS = 1_000;
const PUSHES_AT_ONCE = 16;

export async function releases(options: ReleasesOptions, say: Say, interrupted: AbortSignal): Promise<ReleasesResult> {
  const { releases: size, replicas, badOneIn, intervalSeconds } = options;
  const plane = await startPlane({ ...options, requestsPerSecond: REQUESTS_PER_SECOND }, interrupted);
  try {
    const { fleet, controller } = await startAdoptedFleet(plane, { size, replicas, intervalSeconds, say });

    const before = await readings(plane, controller);
    const began = clock.monotonic();
    const tag = (app: App) => (fleet.apps.indexOf(app) % badOneIn === badOneIn - 1 ? BAD_TAG : "2");
    const pushed = inTurns(fleet.apps, PUSHES_AT_ONCE, (app) => fleet.push(app, tag(app)));
    const peaks = watchPeaks(controller);
    const isOver = (status: CanaryRolloutStatus) =>
      outcomeOf(status) !== undefined && (status.phase === "Ready" || status.phase === "RolledBack");
    await Promise.all([pushed, fleet.until("released", () => fleet.count(isOver), WITHIN_MS)]);
    const seconds = (clock.monotonic() - began) / 1000;
    const { queueLagSeconds, loopLagSeconds, memory } = await peaks.stop();
    await settle(options, plane.signal);
    const after = await readings(plane, controller);
    return {
      releases: size,
      bad: Math.floor(size / badOneIn),
      replicas,
      intervalSeconds,
      seconds,
      requests: between(before.requests, after.requests),
      queries: after.queries - before.queries,
      podsStarted: after.podsStarted - before.podsStarted,
      cutMs: (await plane.cuts()).map(({ ms }) => ms ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b),
      promoted: fleet.count((status) => outcomeOf(status) === "Promoted"),
      rolledBack: fleet.count((status) => outcomeOf(status) === "RolledBack"),
      queueLagSeconds,
      loopLagSeconds,
      memory,
      cpuSeconds: after.usage.cpuSeconds - before.usage.cpuSeconds,
    };
  } finally {
    await plane.close();
  }
}

function outcomeOf({ history = [] }: CanaryRolloutStatus): string | undefined {
  return history[0]?.outcome;
}

async function readings(plane: Plane, controller: Controller) {
  const [requests, queries, podsStarted, usage] = await Promise.all([
    plane.requests(),
    plane.queries(),
    plane.podsStarted(),
    controller.usage(),
  ]);
  return { requests: requestsOf(requests), queries, podsStarted, usage };
}

type Peaks = Pick<Usage, "queueLagSeconds" | "loopLagSeconds" | "memory">;

function watchPeaks(controller: Controller): { stop(): Promise<Peaks> } {
  const over = new AbortController();
  let peaks: Peaks = { queueLagSeconds: 0, loopLagSeconds: 0, memory: 0 };
  const running = (async () => {
    while (!over.signal.aborted) {
      const usage = await controller.usage();
      peaks = {
        queueLagSeconds: Math.max(peaks.queueLagSeconds, usage.queueLagSeconds),
        loopLagSeconds: Math.max(peaks.loopLagSeconds, usage.loopLagSeconds),
        memory: Math.max(peaks.memory, usage.memory),
      };
      await clock.sleep(LOOK_MS, over.signal).catch(() => undefined);
    }
  })();
  // Whoever stops it hears of it; a measurement that failed before is over anyway.
  running.catch(() => undefined);
  return {
    async stop() {
      over.abort();
      await running;
      return peaks;
    },
  };
}
