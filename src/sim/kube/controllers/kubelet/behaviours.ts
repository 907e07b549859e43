/** How a simulated pod behaves: each kind is a script of reports on the clock, until it is stopped. */
import type { Clock } from "../../../../domain/clock.ts";
import { timestamp } from "../../../../workload/timestamp.ts";
import type { LivePod } from "../objects.ts";
import type { ContainerReport, ContainerState, PodReport } from "./runtime.ts";

export type PodBehaviour =
  | { readonly kind: "ready"; readonly afterMs: number }
  /** Runs and never passes its readiness probe. */
  | { readonly kind: "neverReady" }
  /** Ready for `readyMs`, then unready for `unreadyMs`, again and again. */
  | { readonly kind: "flicker"; readonly afterMs: number; readonly readyMs: number; readonly unreadyMs: number }
  /** Ends `runsMs` after each start; ready `readyAfterMs` after it, where it lives that long. */
  | { readonly kind: "crashLoop"; readonly runsMs: number; readonly exitCode: number; readonly readyAfterMs?: number }
  /** `message`: what the registry answered. */
  | { readonly kind: "imagePull"; readonly message: string };

export interface Stage {
  readonly pod: LivePod;
  readonly clock: Clock;
  readonly report: (report: PodReport) => void;
  /** Like the clock's, one at a time, and over when the pod is stopped. */
  readonly later: (ms: number, run: () => void) => void;
}

export function play(stage: Stage, behaviour: PodBehaviour): void {
  switch (behaviour.kind) {
    case "ready":
      stage.later(behaviour.afterMs, () => stage.report(running(stage, true)));
      return;
    case "neverReady":
      stage.report(running(stage, false));
      return;
    case "flicker":
      stage.later(behaviour.afterMs, () => flicker(stage, behaviour, timestamp(stage.clock.now())));
      return;
    case "crashLoop":
      runAndCrash(stage, behaviour, 0, undefined);
      return;
    case "imagePull":
      pull(stage, behaviour.message, FIRST_BACKOFF_MS);
      return;
  }
}

const FIRST_BACKOFF_MS = 10_000;
const LAST_BACKOFF_MS = 300_000;

function running(stage: Stage, ready: boolean, startedAt = timestamp(stage.clock.now()), past: Partial<ContainerReport> = {}): PodReport {
  return all(stage, "Running", { state: { running: { startedAt } }, ready, restartCount: 0, ...past });
}

/** Every container in the same state. */
function all({ pod }: Stage, phase: PodReport["phase"], report: Omit<ContainerReport, "name">): PodReport {
  return { phase, containers: pod.spec.containers.map(({ name }) => ({ name, ...report })) };
}

function flicker(stage: Stage, behaviour: PodBehaviour & { readonly kind: "flicker" }, startedAt: string): void {
  stage.report(running(stage, true, startedAt));
  stage.later(behaviour.readyMs, () => {
    stage.report(running(stage, false, startedAt));
    stage.later(behaviour.unreadyMs, () => flicker(stage, behaviour, startedAt));
  });
}

function runAndCrash(
  stage: Stage,
  behaviour: PodBehaviour & { readonly kind: "crashLoop" },
  restartCount: number,
  lastState: ContainerState | undefined,
): void {
  const { runsMs, exitCode, readyAfterMs = Number.POSITIVE_INFINITY } = behaviour;
  const past = { restartCount, ...(lastState && { lastState }) };
  const startedAt = timestamp(stage.clock.now());
  const end = () => {
    const ended = { terminated: { reason: exitCode === 0 ? "Completed" : "Error", exitCode, finishedAt: timestamp(stage.clock.now()) } };
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** restartCount, LAST_BACKOFF_MS);
    const waiting = { waiting: { reason: "CrashLoopBackOff", message: `back-off ${backoffMs / 1000}s restarting failed container` } };
    stage.report(all(stage, "Running", { state: waiting, ready: false, restartCount, lastState: ended }));
    stage.later(backoffMs, () => runAndCrash(stage, behaviour, restartCount + 1, ended));
  };
  stage.report(running(stage, readyAfterMs === 0, startedAt, past));
  if (readyAfterMs === 0 || readyAfterMs >= runsMs) {
    stage.later(runsMs, end);
    return;
  }
  stage.later(readyAfterMs, () => {
    stage.report(running(stage, true, startedAt, past));
    stage.later(runsMs - readyAfterMs, end);
  });
}

const ERROR_SHOWS_MS = 1000;

/** The registry's answer, then the wait for the next try. */
function pull(stage: Stage, answer: string, backoffMs: number): void {
  const told = (reason: string, message: string) =>
    stage.report(all(stage, "Pending", { state: { waiting: { reason, message } }, ready: false, restartCount: 0 }));
  told("ErrImagePull", answer);
  stage.later(ERROR_SHOWS_MS, () => {
    told("ImagePullBackOff", `Back-off pulling image "${stage.pod.spec.containers[0]?.image ?? ""}": ErrImagePull: ${answer}`);
    stage.later(backoffMs, () => pull(stage, answer, Math.min(backoffMs * 2, LAST_BACKOFF_MS)));
  });
}
