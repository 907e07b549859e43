/** What rollouts cost that do nothing, and what it takes to start with them. */
import { systemClock as clock } from "../../src/domain/clock.ts";
import { settle, startAdoptedFleet } from "./fleet.ts";
import { type Plane, type PlaneOptions, startPlane } from "./plane.ts";
import { between, requestsOf } from "./requests.ts";
import type { Say } from "./say.ts";

export interface IdleResult {
  readonly rollouts: number;
  readonly replicas: number;
  readonly adoptSeconds: number;
  readonly adoptWrites: number;
  readonly seconds: number;
  readonly requests: ReturnType<typeof requestsOf>;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly memory: number;
  readonly start: StartResult;
}

export interface StartResult {
  /** From the start of the process until it knows everything. */
  readonly warmSeconds: number;
  /** From the lease (the one before was killed, so that it waits for it) until every rollout has been looked at. */
  readonly lookSeconds: number;
  readonly writes: number;
  readonly reads: number;
  readonly memory: number;
}

export interface IdleOptions extends Omit<PlaneOptions, "requestsPerSecond"> {
  readonly rollouts: number;
  readonly replicas: number;
  readonly seconds: number;
}

const START_WITHIN_MS = 5 * 60_000;

export async function idle(options: IdleOptions, say: Say, interrupted: AbortSignal): Promise<IdleResult> {
  const { rollouts, replicas, seconds, intervalSeconds } = options;
  const plane = await startPlane({ ...options, requestsPerSecond: 0 }, interrupted);
  try {
    const { controller, adoptSeconds } = await startAdoptedFleet(plane, { size: rollouts, replicas, intervalSeconds, say });
    const adopted = requestsOf(await plane.requests());
    await controller.kill();

    const { again, start } = await startAgain(plane, rollouts, say);
    await settle(options, plane.signal);
    const [before, usageBefore] = [requestsOf(await plane.requests()), await again.usage()];
    say.progress(`idle with ${rollouts} rollouts for ${seconds} s`);
    await clock.sleep(seconds * 1000, plane.signal);
    const [after, usage] = [requestsOf(await plane.requests()), await again.usage()];
    return {
      rollouts,
      replicas,
      adoptSeconds,
      adoptWrites: adopted.writes,
      seconds,
      requests: between(before, after),
      cpuPercent: (100 * (usage.cpuSeconds - usageBefore.cpuSeconds)) / seconds,
      memory: usage.memory,
      start,
    };
  } finally {
    await plane.close();
  }
}

async function startAgain(plane: Plane, rollouts: number, say: Say) {
  const before = requestsOf(await plane.requests());
  const again = await plane.startController();
  const warm = await again.logged("stores are warm", START_WITHIN_MS);
  const acts = await again.logged("lease held", START_WITHIN_MS);
  say.progress(`started with ${rollouts} rollouts`);
  let usage = await again.usage();
  while (usage.queueDepth > 0) {
    await clock.sleep(250, plane.signal);
    usage = await again.usage();
  }
  const done = clock.monotonic() - again.startedAt;
  const { writes, reads } = between(before, requestsOf(await plane.requests()));
  const start: StartResult = { warmSeconds: warm / 1000, lookSeconds: (done - acts) / 1000, writes, reads, memory: usage.memory };
  return { again, start };
}
