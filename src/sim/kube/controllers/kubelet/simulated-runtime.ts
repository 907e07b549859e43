/** Pods that only exist as reports: each behaves as `behaviourOf` says. */
import type { Clock } from "../../../../domain/clock.ts";
import type { LivePod } from "../objects.ts";
import { type PodBehaviour, play } from "./behaviours.ts";
import type { PodRuntime } from "./runtime.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Asked once for each pod, when it starts. */
  readonly behaviourOf: (pod: LivePod) => PodBehaviour;
  /** How long it takes to stop. */
  readonly stopMsOf?: (pod: LivePod) => number;
}

export function createSimulatedRuntime({ clock, behaviourOf, stopMsOf = () => 500 }: SimulatedRuntimeOptions): PodRuntime {
  const timers = new Map<string, Set<() => void>>();
  return {
    start(pod, report) {
      const own = new Set<() => void>();
      timers.set(pod.metadata.uid ?? "", own);
      const later = (ms: number, run: () => void) => {
        const cancel = clock.schedule(ms, () => {
          own.delete(cancel);
          run();
        });
        own.add(cancel);
      };
      play({ pod, clock, report, later }, behaviourOf(pod));
    },
    stop(pod, stopped) {
      const uid = pod.metadata.uid ?? "";
      for (const cancel of timers.get(uid) ?? []) {
        cancel();
      }
      timers.delete(uid);
      clock.schedule(stopMsOf(pod), stopped);
    },
  };
}
