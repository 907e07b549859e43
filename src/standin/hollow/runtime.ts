/** Pods without processes: ready as soon as they are placed, gone as soon as they are ended. For measuring what looks after many of them. */
import type { PodReport, PodRuntime } from "../../sim/kube/controllers/index.ts";
import { timestamp } from "../../workload/timestamp.ts";
import { createStarts, type Starts } from "../pods/starts.ts";

export interface HollowRuntime extends PodRuntime {
  readonly starts: Starts;
}

/** Addresses of their own, of 10.128.0.0/9: eight million pods. */
const NETWORK = 10 * 2 ** 24 + 128 * 2 ** 16;

export function createHollowRuntime(now: () => number): HollowRuntime {
  const starts = createStarts();
  let addresses = 0;

  function nextAddress(): string {
    addresses += 1;
    const address = NETWORK + addresses;
    return [24, 16, 8, 0].map((bits) => (address >>> bits) & 255).join(".");
  }

  return {
    start({ metadata, spec }, report) {
      starts.add(metadata.namespace ?? "");
      const running = { startedAt: timestamp(now()) };
      const containers = spec.containers.map(({ name }) => ({ name, state: { running }, ready: true, restartCount: 0 }));
      report({ phase: "Running", containers, podIP: nextAddress() } satisfies PodReport);
    },
    stop: (_pod, stopped) => stopped(),
    starts,
  };
}
