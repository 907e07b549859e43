/** Many applications, each a Deployment with its Service and CanaryRollout, and where all of them are. */
import type { CanaryRolloutStatus } from "../../src/api/status.ts";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { type Deployment, type KubeObject, RESOURCES } from "../../src/domain/kube.ts";
import { inTurns } from "../../src/metrics/turns.ts";
import type { ApiAccess } from "../../src/standin/api-access.ts";
import { createKubeApi } from "../../src/standin/demo/kube-api.ts";
import { namespace } from "../../src/standin/demo/manifests.ts";
import { startMirror } from "../../src/standin/mesh/mirror.ts";
import type { Controller } from "./controller.ts";
import type { Plane } from "./plane.ts";
import type { Say } from "./say.ts";

export interface App {
  readonly namespace: string;
  readonly name: string;
}

export interface Fleet {
  readonly apps: readonly App[];
  push(app: App, tag: string): Promise<void>;
  /** Rollouts of which that holds. */
  count(holds: (status: CanaryRolloutStatus) => boolean): number;
  /** Until it is the number of all; tells how far it is. */
  until(what: string, count: () => number, withinMs: number): Promise<void>;
  /** Their CanaryRollouts, which nobody looks after before. */
  adopt(): Promise<void>;
}

export interface FleetOptions {
  readonly access: ApiAccess;
  readonly size: number;
  /** Pods of each. */
  readonly replicas: number;
  readonly intervalSeconds: number;
  readonly say: Say;
}

const NAMESPACES = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const AT_ONCE = 32;
const ADOPT_WITHIN_MS = 30 * 60_000;
/** Before anything is counted. */
const SETTLE_INTERVALS = 4;
const PER_NAMESPACE = 100;
const AGENT = "kubectl/serin-bench";

async function startFleet({ access, size, replicas, intervalSeconds, say }: FleetOptions, signal: AbortSignal): Promise<Fleet> {
  const kube = createKubeApi(access, AGENT);
  const apps = Array.from({ length: size }, (_, index) => ({
    namespace: `fleet-${Math.floor(index / PER_NAMESPACE)}`,
    name: `app-${String(index).padStart(5, "0")}`,
  }));
  const mirror = (name: "deployments" | "canaryRollouts") =>
    startMirror({ ...access, resource: RESOURCES[name], userAgent: AGENT, clock }, signal).objects;
  const deployments = mirror("deployments");
  const rollouts = mirror("canaryRollouts");

  async function until(what: string, count: () => number, withinMs: number): Promise<void> {
    const end = clock.monotonic() + withinMs;
    for (let told = -1; count() < size; await clock.sleep(100, signal)) {
      if (Math.floor((10 * count()) / size) !== told) {
        told = Math.floor((10 * count()) / size);
        say.progress(`${what}: ${count()} of ${size}`);
      }
      if (clock.monotonic() > end) throw new Error(`${what}: ${count()} of ${size} after ${withinMs / 1000} s`);
    }
    say.progress(`${what}: all ${size}`);
  }

  const whole = () => [...deployments.values()].filter((one) => isWhole(one as Deployment)).length;
  for (const name of new Set(apps.map(({ namespace }) => namespace))) await kube.create(NAMESPACES, namespace(name));
  const applied = inTurns(apps, AT_ONCE, async (app) => {
    await kube.create(RESOURCES.services, service(app));
    await kube.create(RESOURCES.deployments, deployment(app, replicas));
  });
  await Promise.all([applied, until(`applications of ${replicas} pods`, whole, 40 * 60_000)]);
  return {
    apps,
    push: ({ namespace, name }, tag) => kube.mergePatch(RESOURCES.deployments, namespace, name, template(name, tag)),
    count: (holds) => [...rollouts.values()].filter((one) => holds((one["status"] ?? {}) as CanaryRolloutStatus)).length,
    until,
    adopt: async () => void (await inTurns(apps, AT_ONCE, (app) => kube.create(RESOURCES.canaryRollouts, rollout(app, intervalSeconds)))),
  };
}

/** A fleet whose rollouts a controller has adopted, some time ago. */
export async function startAdoptedFleet(plane: Plane, size: Omit<FleetOptions, "access">) {
  const fleet = await startFleet({ access: plane.access, ...size }, plane.signal);
  await fleet.adopt();
  const controller: Controller = await plane.startController();
  await fleet.until("adopted", () => fleet.count(({ phase }) => phase === "Ready"), ADOPT_WITHIN_MS);
  const adoptSeconds = (clock.monotonic() - controller.startedAt) / 1000;
  await settle(size, plane.signal);
  return { fleet, controller, adoptSeconds };
}

/** Until what was under way is over. */
export function settle({ intervalSeconds }: Pick<FleetOptions, "intervalSeconds">, signal: AbortSignal): Promise<void> {
  return clock.sleep(SETTLE_INTERVALS * intervalSeconds * 1000, signal);
}

function isWhole({ spec, status, metadata }: Deployment): boolean {
  return status?.availableReplicas === spec.replicas && status?.observedGeneration === metadata.generation;
}

function service({ namespace, name }: App): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 8080, targetPort: 8080 }] },
  };
}

function deployment({ namespace, name }: App, replicas: number): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: { app: name } }, ...template(name, "1").spec },
  };
}

function template(name: string, tag: string) {
  const container = { name: "app", image: `registry.example/${name}:${tag}`, ports: [{ name: "http", containerPort: 8080 }] };
  return { spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [container] } } } };
}

/** Two steps and a last look, each of some intervals. */
function rollout({ namespace, name }: App, intervalSeconds: number): KubeObject {
  const intervals = (count: number) => `${count * intervalSeconds}s`;
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name, namespace },
    spec: {
      targetRef: { kind: "Deployment", name },
      canary: { scaleDownDelay: intervals(1) },
      strategy: {
        steps: [
          { weight: 10, minDuration: intervals(4) },
          { weight: 50, minDuration: intervals(4) },
        ],
        bake: intervals(2),
      },
      analysis: { source: "Prometheus", interval: intervals(1), minRequests: 20 },
    },
  };
}
