/** A pod's status from what its runtime reports. Times of conditions move only with their status. */
import type { Condition } from "../../../../domain/kube.ts";
import { timestamp } from "../../../../workload/timestamp.ts";
import { conditionOf, type LivePod } from "../objects.ts";
import type { PodReport } from "./runtime.ts";

export interface Placement {
  readonly hostIP: string;
  readonly podIP: string;
}

type PodCondition = Condition & { readonly lastProbeTime: null };

/** What changes in `status`. */
export function podStatus(pod: LivePod, report: PodReport, { hostIP, podIP }: Placement, now: number): object {
  const images = new Map(pod.spec.containers.map(({ name, image = "" }) => [name, image]));
  return {
    phase: report.phase,
    conditions: conditionsOf(pod, report, now),
    hostIP,
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: pod.status?.startTime ?? timestamp(now),
    containerStatuses: report.containers.map(({ name, state, ready, restartCount, lastState = {} }) => ({
      name,
      state,
      lastState,
      ready,
      restartCount,
      image: images.get(name) ?? "",
      imageID: "",
    })),
  };
}

function conditionsOf(pod: LivePod, report: PodReport, now: number): readonly PodCondition[] {
  const unready = report.containers.filter((container) => !container.ready).map((container) => container.name);
  const why = { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const types = [
    ["Initialized", true],
    ["Ready", unready.length === 0],
    ["ContainersReady", unready.length === 0],
    ["PodScheduled", true],
  ] as const;
  return types.map(([type, holds]) => {
    const status = holds ? "True" : "False";
    const known = conditionOf(pod.status, type);
    const lastTransitionTime =
      known?.status === status && known.lastTransitionTime !== undefined ? known.lastTransitionTime : timestamp(now);
    return { type, status, lastProbeTime: null, lastTransitionTime, ...(!holds && why) };
  });
}
