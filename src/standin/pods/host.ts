/** A node that runs pods: gives them addresses, starts and stops their servers, probes them. Knows nothing of the API server. */
import type { Clock } from "../../domain/clock.ts";
import type { Pod } from "../../domain/kube.ts";
import type { PodReport } from "../../sim/kube/controllers/index.ts";
import { timestamp } from "../../workload/timestamp.ts";
import { type AddressBook, POD_NETWORK } from "../forward-proxy/address-book.ts";
import { startProber } from "./prober.ts";
import { probesOf } from "./probes.ts";
import { type RunningPod, startPod } from "./running-pod.ts";

export interface PodHost {
  /** Reports whenever a container's readiness changes. A pod that runs already is left alone. */
  start(pod: Pod, report: (report: PodReport) => void): Promise<void>;
  /** Resolves when nothing of it is left. */
  stop(uid: string, graceMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Entry {
  readonly running: Promise<RunningPod>;
  readonly prober: AbortController;
}

export function createPodHost({ book, clock }: { book: AddressBook; clock: Clock }): PodHost {
  const pods = new Map<string, Entry>();
  let addresses = 0;

  async function stop(uid: string, graceMs: number): Promise<void> {
    const entry = pods.get(uid);
    if (entry === undefined) return;
    entry.prober.abort();
    await (await entry.running).stop(graceMs);
    pods.delete(uid);
  }

  return {
    async start(pod, report) {
      const uid = pod.metadata.uid ?? pod.metadata.name;
      if (pods.has(uid)) return;
      addresses += 1;
      const ip = addressOf(addresses);
      const entry: Entry = { running: startPod(pod, ip, book, clock), prober: new AbortController() };
      pods.set(uid, entry);
      const { startedAt } = await entry.running;
      const localPort = (port: number) => book.find(ip, port);
      const tell = (unready: ReadonlySet<string>) => report(reportOf(pod, ip, startedAt, unready));
      startProber({ probes: probesOf(pod), localPort, report: tell, clock }, entry.prober.signal);
    },
    stop,
    async close() {
      await Promise.all([...pods.keys()].map((uid) => stop(uid, 0)));
    },
  };
}

function reportOf(pod: Pod, podIP: string, startedAt: number, unready: ReadonlySet<string>): PodReport {
  const state = { running: { startedAt: timestamp(startedAt) } };
  const containers = pod.spec.containers.map(({ name }) => ({ name, state, ready: !unready.has(name), restartCount: 0 }));
  return { phase: "Running", podIP, containers };
}

/** From .2 to .254 of each /24: .1 is the bridge, as in a real pod network. */
function addressOf(index: number): string {
  const perSubnet = 253;
  return `${POD_NETWORK}${Math.floor((index - 1) / perSubnet)}.${((index - 1) % perSubnet) + 2}`;
}
