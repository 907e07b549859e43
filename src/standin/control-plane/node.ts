/** One node of a real control plane: a Node object, a scheduler that puts every pod there, and a kubelet whose pods the runtime runs. */
import type { Clock } from "../../domain/clock.ts";
import { type KubeObject, keyOf, RESOURCES } from "../../domain/kube.ts";
import type { LivePod, PodReport, PodRuntime } from "../../sim/kube/controllers/index.ts";
import { podStatus } from "../../sim/kube/controllers/index.ts";
import { type ApiAccess, createAsk, pathOf, type Question } from "../api-access.ts";
import { startMirror } from "../mesh/mirror.ts";

export interface NodeOptions {
  readonly access: ApiAccess;
  readonly runtime: PodRuntime;
  readonly clock: Clock;
  readonly name?: string;
}

const NODES = { group: "", version: "v1", plural: "nodes", kind: "Node" };
const AGENT = "kubelet (stand-in)";
const HOST_IP = "10.9.0.1";

/** A pod in the runtime's hands. */
interface Charge {
  readonly pod: LivePod;
  stopping: boolean;
  /** Its writes, one after the other. */
  writes: Promise<unknown>;
}

/** Works until the signal ends it; what runs goes on running. Resolves once the Node is there. */
export async function startNode({ access, runtime, clock, name = "n1" }: NodeOptions, signal: AbortSignal): Promise<void> {
  const ask = createAsk(access, AGENT);
  const charges = new Map<string, Charge>();

  /** Whatever the answer: the next change of the pod tells what there is to do. */
  async function send(path: string, question: Question): Promise<void> {
    try {
      const answer = await ask(path, question);
      await answer.body.dump();
    } catch {
      // The server is away. What matters is told again by the list that follows.
    }
  }

  function look(pod: LivePod): void {
    const charge = charges.get(keyOf(pod));
    if (pod.metadata.deletionTimestamp !== undefined) end(pod, charge);
    else if (pod.spec.nodeName === undefined) bind(pod);
    else if (charge === undefined || charge.pod.metadata.uid !== pod.metadata.uid) begin(pod);
  }

  function bind({ metadata: { name: pod, namespace } }: LivePod): void {
    const body = { apiVersion: "v1", kind: "Binding", metadata: { name: pod }, target: { kind: "Node", name } };
    void send(`${pathOf(RESOURCES.pods, namespace, pod)}/binding`, { method: "POST", body });
  }

  function begin(pod: LivePod): void {
    const charge: Charge = { pod, stopping: false, writes: Promise.resolve() };
    charges.set(keyOf(pod), charge);
    runtime.start(pod, (report) => tell(charge, report));
  }

  function tell(charge: Charge, report: PodReport): void {
    const { namespace, name: pod } = charge.pod.metadata;
    charge.writes = charge.writes.then(() => {
      if (charge.stopping) return undefined;
      const known = (pods.objects.get(keyOf(charge.pod)) as LivePod | undefined) ?? charge.pod;
      const status = podStatus(known, report, { hostIP: HOST_IP, podIP: report.podIP ?? known.status?.podIP ?? HOST_IP }, clock.now());
      return send(`${pathOf(RESOURCES.pods, namespace, pod)}/status`, { method: "PATCH", body: { status } });
    });
  }

  function end(pod: LivePod, charge: Charge | undefined): void {
    if (charge === undefined) void remove(pod);
    else if (!charge.stopping) {
      charge.stopping = true;
      runtime.stop(charge.pod, () => void remove(charge.pod));
    }
  }

  function remove({ metadata: { namespace, name: pod, uid } }: LivePod): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, preconditions: { uid } };
    return send(pathOf(RESOURCES.pods, namespace, pod), { method: "DELETE", body });
  }

  /** The pod is gone from the API: by our hand, or forced by somebody. */
  function letGo(pod: KubeObject): void {
    const charge = charges.get(keyOf(pod));
    charges.delete(keyOf(pod));
    if (charge === undefined || charge.stopping) return;
    charge.stopping = true;
    runtime.stop(charge.pod, () => {});
  }

  await send(pathOf(NODES), { method: "POST", body: { apiVersion: "v1", kind: "Node", metadata: { name } } });
  const pods = startMirror(
    {
      ...access,
      resource: RESOURCES.pods,
      userAgent: AGENT,
      clock,
      onChange: (next, previous) => {
        if (next !== undefined) look(next as LivePod);
        else if (previous !== undefined) letGo(previous);
      },
    },
    signal,
  );
  await pods.synced;
}
