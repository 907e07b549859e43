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

export interface SimulatedRuntime extends PodRuntime {
  /** Ends all pods' scripts where they are, without a report. */
  close(): void;
}

export function createSimulatedRuntime({ clock, behaviourOf, stopMsOf = () => 500 }: SimulatedRuntimeOptions): SimulatedRuntime {
  const scripts = new Map<string, () => void>();

  /** A script has one timer at a time; a pod that stops has one too. */
  function later(pod: LivePod, ms: number, run: () => void): void {
    scripts.set(pod.metadata.uid ?? "", clock.schedule(ms, run));
  }

  return {
    start: (pod, report) => play({ pod, clock, report, later: (ms, run) => later(pod, ms, run) }, behaviourOf(pod)),
    stop(pod, stopped) {
      const uid = pod.metadata.uid ?? "";
      scripts.get(uid)?.();
      const cancel = clock.schedule(stopMsOf(pod), () => {
        if (scripts.get(uid) === cancel) {
          scripts.delete(uid);
        }
        stopped();
      });
      scripts.set(uid, cancel);
    },
    close() {
      for (const cancel of scripts.values()) {
        cancel();
      }
      scripts.clear();
    },
  };
}
