/** What a rollout needs beyond its own objects: pods while a release is about, samples while one is open. Idle ones need nothing. */
import { POD_TEMPLATE_HASH } from "../api/marks.ts";
import type { Policy } from "../api/policy.ts";
import type { Pod } from "../domain/kube.ts";
import type { PodRef, SampleRequest } from "../domain/samples.ts";
import { pinOf, selectorMatches } from "../workload/selector.ts";
import { millis } from "./judgement.ts";
import { portOf, type Scene } from "./scene.ts";

export function needsPods(scene: Scene): boolean {
  return scene.pending || scene.open || scene.trial !== undefined || scene.oldTrials.length > 0;
}

/** Samples newer than this are wanted: what is older is in the evidence already. */
export function samplesSince(scene: Scene): number {
  const { status, canary } = scene;
  const counted = (status.analysis?.state as { at?: number } | undefined)?.at;
  const confirmed = status.traffic?.confirmedAt !== undefined;
  const written = confirmed ? undefined : millis(status.traffic?.writtenAt);
  const times = [counted, written].filter((time): time is number => time !== undefined);
  return times.length === 0 ? (millis(canary?.startedAt) ?? 0) : Math.min(...times);
}

export function sampleRequest(scene: Scene, policy: Policy, clients: readonly Pod[]): SampleRequest | undefined {
  const { o, names, kind, stableHash, revision } = scene;
  if (!scene.open || scene.adopted !== undefined || o.pods === undefined || stableHash === undefined) {
    return undefined;
  }
  const pods = o.pods;
  const of = (hash: string | undefined) => pods.filter((pod) => pod.metadata.labels?.[POD_TEMPLATE_HASH] === hash).flatMap(podRef);
  const { preset, source, intervalMs } = policy.analysis;
  return {
    namespace: names.namespace,
    preset,
    source,
    intervalMs,
    targetPort: targetPort(scene, pods),
    route: { kind: kind.kind, name: names.route },
    services: { apex: names.apex, stable: names.stable, canary: names.canary },
    stable: of(stableHash),
    canary: of(pinOf(o.services.canary) ?? revision),
    clients: clients
      .filter((pod) => policy.analysis.clients && selectorMatches(policy.analysis.clients, pod.metadata.labels))
      .flatMap(podRef),
  };
}

function targetPort(scene: Scene, pods: readonly Pod[]): number {
  const port = portOf(scene);
  const target = scene.o.services.apex?.spec.ports?.find((candidate) => candidate.port === port)?.targetPort ?? port;
  if (typeof target === "number") {
    return target;
  }
  for (const pod of pods) {
    const named = containerPorts(pod).find(([name]) => name === target);
    if (named !== undefined) {
      return named[1];
    }
  }
  return port;
}

function podRef(pod: Pod): PodRef[] {
  const known = refs.get(pod);
  if (known !== undefined) {
    return known;
  }
  const found = readRef(pod);
  refs.set(pod, found);
  return found;
}

/** Objects that were observed are never changed. */
const refs = new WeakMap<Pod, PodRef[]>();

function readRef(pod: Pod): PodRef[] {
  const { name, uid } = pod.metadata;
  const ip = pod.status?.podIP;
  const ready = pod.status?.conditions?.find(({ type, status }) => type === "Ready" && status === "True");
  if (uid === undefined || ip === undefined) {
    return [];
  }
  const started = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp ?? "");
  const readyAt = millis(ready?.lastTransitionTime);
  return [
    {
      name,
      uid,
      ip,
      startedAt: Number.isFinite(started) ? started : 0,
      ...(readyAt === undefined ? {} : { readyAt }),
      restarts: restartsOf(pod),
      ports: Object.fromEntries(containerPorts(pod)),
    },
  ];
}

function restartsOf(pod: Pod): number {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.reduce((sum, status) => sum + (status.restartCount ?? 0), 0);
}

function containerPorts(pod: Pod): [string, number][] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return containers.flatMap(({ ports }) =>
    (ports ?? []).flatMap((port) => (port.name ? [[port.name, port.containerPort] as [string, number]] : [])),
  );
}
