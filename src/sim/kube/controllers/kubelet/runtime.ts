/** What runs a pod's containers: a simulation, or real processes. The kubelet tells it when, it tells how they are. */
import type { LivePod } from "../objects.ts";

export type ContainerState =
  | { readonly running: { readonly startedAt: string } }
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | {
      readonly terminated: { readonly reason: string; readonly exitCode: number; readonly message?: string; readonly finishedAt?: string };
    };

export interface ContainerReport {
  readonly name: string;
  readonly state: ContainerState;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly lastState?: ContainerState;
}

export interface PodReport {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  /** In the order of the spec. */
  readonly containers: readonly ContainerReport[];
  /** Default: one of 10.244.0.0/16, the same for the pod's life. */
  readonly podIP?: string;
}

export interface PodRuntime {
  /** Once in a pod's life. `report` may be called any number of times, at once or later; after `stop` it has no effect. */
  start(pod: LivePod, report: (report: PodReport) => void): void;
  /** Ends what `start` began and calls `stopped` when nothing of it runs any more. The pod goes then, or when its grace period ends. */
  stop(pod: LivePod, stopped: () => void): void;
}
