/**
 * Scheduler and kubelet of a one-node cluster: places pods, has a runtime run them, writes their status, and ends them within their grace period.
 *
 * What the containers do is the runtime's (`kubelet/runtime.ts`). Probes, volumes and init containers are not modelled.
 */
import type { Clock } from "../../../domain/clock.ts";
import { keyOf, RESOURCES } from "../../../domain/kube.ts";
import type { KubeStore } from "../store.ts";
import { splitKey } from "./keys.ts";
import { createAddresses } from "./kubelet/addresses.ts";
import { podStatus } from "./kubelet/pod-status.ts";
import type { PodReport, PodRuntime } from "./kubelet/runtime.ts";
import { isBeingDeleted, type LivePod } from "./objects.ts";
import { createWorkQueue } from "./work-queue.ts";

export interface KubeletOptions {
  readonly store: KubeStore;
  readonly clock: Clock;
  readonly runtime: PodRuntime;
  readonly nodeName?: string;
  readonly hostIP?: string;
  readonly latencyMs?: number;
}

export interface Kubelet {
  /** Stops looking, and ending; what runs goes on running. */
  close(): void;
}

/** A pod in the runtime's hands. */
interface Charge {
  readonly pod: LivePod;
  readonly podIP: string;
  stopping: boolean;
  told: PodReport | undefined;
  /** Takes back the end of the grace period. */
  spare: () => void;
}

/** The very pod, and not one that is to live again. */
function isOf({ pod, stopping }: Charge, found: LivePod | undefined): boolean {
  return found !== undefined && found.metadata.uid === pod.metadata.uid && (!stopping || isBeingDeleted(found));
}

export function createKubelet({ store, clock, runtime, nodeName = "n1", hostIP = "10.9.0.1", latencyMs = 5 }: KubeletOptions): Kubelet {
  const addresses = createAddresses();
  const charges = new Map<string, Charge>();

  function pass(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const pod = store.find(RESOURCES.pods, namespace, name) as LivePod | undefined;
    const charge = charges.get(key);
    if (charge !== undefined && !isOf(charge, pod)) {
      letGo(key, charge);
    }
    if (pod === undefined) {
      return;
    }
    if (isBeingDeleted(pod)) {
      end(pod, charges.get(key));
    } else if (!charges.has(key)) {
      begin(key, pod);
    }
  }

  function begin(key: string, pod: LivePod): void {
    const placed = pod.spec.nodeName === undefined ? place(pod) : pod;
    const charge: Charge = { pod: placed, podIP: addresses.take(), stopping: false, told: undefined, spare: () => {} };
    charges.set(key, charge);
    runtime.start(placed, (report) => tell(key, charge, report));
  }

  function place(pod: LivePod): LivePod {
    const { namespace = "", name } = pod.metadata;
    return store.patch(RESOURCES.pods, namespace, name, { type: "merge", body: { spec: { nodeName } } }) as LivePod;
  }

  function tell(key: string, charge: Charge, report: PodReport): void {
    charge.told = report;
    const { namespace = "", name, uid } = charge.pod.metadata;
    const pod = store.find(RESOURCES.pods, namespace, name) as LivePod | undefined;
    if (charges.get(key) !== charge || charge.stopping || pod === undefined || pod.metadata.uid !== uid) {
      return;
    }
    const status = podStatus(pod, report, { hostIP, podIP: report.podIP ?? charge.podIP }, clock.now());
    store.patch(RESOURCES.pods, namespace, name, { type: "merge", body: { status } }, { subresource: "status" });
  }

  function end(pod: LivePod, charge: Charge | undefined): void {
    if (charge === undefined) {
      remove(pod);
    } else if (!charge.stopping) {
      charge.stopping = true;
      runtime.stop(charge.pod, () => remove(charge.pod));
      charge.spare = clock.schedule((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000, () => remove(charge.pod));
    }
  }

  function remove({ metadata: { namespace = "", name, uid } }: LivePod): void {
    if (uid !== undefined && store.find(RESOURCES.pods, namespace, name)?.metadata.uid === uid) {
      store.delete(RESOURCES.pods, namespace, name, { uid, gracePeriodSeconds: 0 });
    }
  }

  /** The pod is gone from the store: by our hand, or forced by somebody. Or its deletion was, with the server's last writes. */
  function letGo(key: string, charge: Charge): void {
    charges.delete(key);
    charge.spare();
    addresses.giveBack(charge.podIP);
    if (!charge.stopping) {
      charge.stopping = true;
      runtime.stop(charge.pod, () => {});
    }
  }

  const queue = createWorkQueue({ clock, latencyMs, pass });
  const unsubscribe = store.subscribe(({ resource, object }) => {
    if (resource.kind === "Pod") {
      queue.add(keyOf(object));
    }
  });
  const lookAtAll = () => {
    for (const key of new Set([...store.list(RESOURCES.pods).items.map(keyOf), ...charges.keys()])) {
      queue.add(key);
    }
  };
  const forget = store.onRewind(() => {
    lookAtAll();
    for (const [key, charge] of [...charges].filter(([, { told }]) => told !== undefined)) {
      clock.schedule(latencyMs, () => charge.told && tell(key, charge, charge.told));
    }
  });
  lookAtAll();
  return {
    close() {
      unsubscribe();
      forget();
      queue.close();
      for (const { spare } of charges.values()) {
        spare();
      }
    },
  };
}
