/** What the demo sees of its cluster, by watches of its own: the rollout, its pods, and each weight at the time it was written. */
import type { CanaryRolloutStatus } from "../../api/status.ts";
import type { Clock } from "../../domain/clock.ts";
import { type KubeObject, type Pod, RESOURCES, type Route } from "../../domain/kube.ts";
import type { ApiAccess } from "../api-access.ts";
import { startMirror } from "../mesh/mirror.ts";
import { APP, PLAIN, SHOP } from "./manifests.ts";

/** The canary's percent of the route; undefined: no route. */
export interface WeightChange {
  readonly at: number;
  readonly weight: number | undefined;
}

export interface Happening {
  readonly reason: string;
  readonly note: string;
  readonly warning: boolean;
}

export interface World {
  readonly synced: Promise<void>;
  status(): CanaryRolloutStatus;
  /** Every change of weight so far. */
  readonly weights: readonly WeightChange[];
  /** Pods of the app, by version: all and ready ones. */
  pods(namespace: string): ReadonlyMap<string, { readonly all: number; readonly ready: number }>;
  /** Whether it holds within that time; looked at after every change. False once the watches have ended. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean>;
}

export interface WorldOptions extends ApiAccess {
  readonly clock: Clock;
  /** Events about the rollout, each once. */
  readonly onHappening: (happening: Happening) => void;
  /** A weight above 0 became 0. */
  readonly onCut: () => void;
}

export const DEMO_AGENT = "serin-demo";

export function watchWorld({ clock, onHappening, onCut, ...access }: WorldOptions, signal: AbortSignal): World {
  const weights: WeightChange[] = [];
  const listeners = new Set<() => void>();

  const mirror = (name: "canaryRollouts" | "pods" | "httpRoutes" | "events", onChange?: (next: KubeObject | undefined) => void) =>
    startMirror(
      {
        ...access,
        userAgent: DEMO_AGENT,
        clock,
        resource: RESOURCES[name],
        onChange: (next) => {
          onChange?.(next);
          for (const listener of listeners) listener();
        },
      },
      signal,
    );

  const rollouts = mirror("canaryRollouts");
  const pods = mirror("pods");
  const routes = mirror("httpRoutes", (next) => {
    const weight = next === undefined ? undefined : canaryWeight(next as Route);
    const before = weights.at(-1)?.weight;
    if (before === weight && weights.length > 0) return;
    weights.push({ at: clock.now(), weight });
    if (weight === 0 && (before ?? 0) > 0) onCut();
  });
  const events = mirror("events", (next) => {
    const happening = next && happeningOf(next);
    if (happening) onHappening(happening);
  });

  return {
    synced: Promise.all([rollouts, pods, routes, events].map(({ synced }) => synced)).then(() => undefined),
    status: () => (rollouts.objects.get(`${SHOP}/${APP}`)?.["status"] ?? {}) as CanaryRolloutStatus,
    weights,
    pods: (namespace) => countPods([...pods.objects.values()] as Pod[], namespace),
    until(holds, timeoutMs) {
      return new Promise((resolve) => {
        const settle = (value: boolean) => {
          listeners.delete(look);
          signal.removeEventListener("abort", end);
          cancel();
          resolve(value);
        };
        const look = () => {
          if (holds()) settle(true);
        };
        const end = () => settle(false);
        const cancel = clock.schedule(timeoutMs, end);
        signal.addEventListener("abort", end);
        listeners.add(look);
        if (signal.aborted) end();
        else look();
      });
    },
  };
}

export function canaryWeight(route: Route): number | undefined {
  const refs = (route.spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs);
  const total = refs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const canary = refs.find(({ name }) => name.endsWith("-canary"));
  return canary === undefined || total === 0 ? undefined : (100 * (canary.weight ?? 1)) / total;
}

function countPods(pods: readonly Pod[], namespace: string): Map<string, { all: number; ready: number }> {
  const counts = new Map<string, { all: number; ready: number }>();
  for (const { metadata, spec, status } of pods) {
    if (metadata.namespace !== namespace || metadata.labels?.["app"] !== APP || metadata.deletionTimestamp !== undefined) continue;
    const version =
      spec.containers
        .find(({ name }) => name === "app")
        ?.image?.split(":")
        .at(-1) ?? "";
    const ready = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
    const before = counts.get(version) ?? { all: 0, ready: 0 };
    counts.set(version, { all: before.all + 1, ready: before.ready + Number(ready) });
  }
  return counts;
}

/** Both objects of a release carry its start and outcome: the rollout's is told. */
function happeningOf(event: KubeObject): Happening | undefined {
  const { regarding, reason, note, type } = event as unknown as {
    regarding?: { kind?: string; namespace?: string };
    reason?: string;
    note?: string;
    type?: string;
  };
  if (regarding?.kind !== "CanaryRollout" || regarding.namespace === PLAIN) return undefined;
  return { reason: reason ?? "", note: note ?? "", warning: type === "Warning" };
}
