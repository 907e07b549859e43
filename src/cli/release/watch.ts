/**
 * A rollout and what belongs to it, again whenever any of it changes: by watches, never by asking again and again.
 *
 * Before the first complete picture a failure ends it; later failures are told and the watches go on by themselves.
 * Several changes between two looks are one.
 */
import { createReflector } from "../../cluster/reflector.ts";
import { createStore, type Store } from "../../cluster/store.ts";
import { withoutManagedFields } from "../../cluster/trim.ts";
import type { Clock } from "../../domain/clock.ts";
import { type Deployment, type KubeObject, RESOURCES, type ReplicaSet, type Resource } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import type { Cluster } from "../connect.ts";
import type { ReleaseObjects } from "./facts.ts";

/** `rollout` undefined: it was deleted. */
export type WatchedRelease = Omit<ReleaseObjects, "rollout"> & { readonly rollout: RolloutObject | undefined };

export interface WatchReleaseOptions {
  readonly cluster: Cluster;
  readonly name: string;
  /** Name of the Deployment. */
  readonly target: string;
  readonly clock: Clock;
  /** A look at least so often, for ages that grow by themselves. */
  readonly everyMs?: number | undefined;
  readonly onTrouble: (error: unknown) => void;
}

export async function* watchRelease(options: WatchReleaseOptions, signal: AbortSignal): AsyncGenerator<WatchedRelease> {
  const { cluster, name, target, clock, everyMs } = options;
  const end = new AbortController();
  const until = AbortSignal.any([signal, end.signal]);
  const bell = createBell();
  const follow = <T extends KubeObject>(resource: Resource, fieldSelector?: string) =>
    reflect<T>(options, bell.ring, resource, fieldSelector, until);
  const rollouts = follow<RolloutObject>(RESOURCES.canaryRollouts, `metadata.name=${name}`);
  const deployments = follow<Deployment>(RESOURCES.deployments, `metadata.name=${target}`);
  const sets = follow<ReplicaSet>(RESOURCES.replicaSets);
  const all = [rollouts, deployments, sets];
  const ended = aborted(until);
  try {
    await Promise.race([Promise.all(all.map(({ synced }) => synced)), ended]);
    for (;;) {
      bell.reset();
      yield {
        rollout: rollouts.store.get(`${cluster.namespace}/${name}`),
        deployment: deployments.store.get(`${cluster.namespace}/${target}`),
        sets: sets.store.list(),
      };
      const hush = everyMs === undefined ? undefined : clock.schedule(everyMs, bell.ring);
      await Promise.race([bell.rung(), ended]);
      hush?.();
    }
  } finally {
    end.abort();
    await Promise.allSettled(all.map(({ running }) => running));
  }
}

interface Reflected<T extends KubeObject> {
  readonly store: Store<T>;
  /** Rejects with the first failure before the first list. */
  readonly synced: Promise<void>;
  readonly running: Promise<void>;
}

function reflect<T extends KubeObject>(
  { cluster, clock, onTrouble }: WatchReleaseOptions,
  ring: () => void,
  resource: Resource,
  fieldSelector: string | undefined,
  signal: AbortSignal,
): Reflected<T> {
  const { client, namespace } = cluster;
  const first = Promise.withResolvers<never>();
  first.promise.catch(() => {});
  const store = createStore<T>({ trim: withoutManagedFields, onListenerError: onTrouble });
  store.onChange(ring);
  const onFailure = (error: unknown) => (reflector.synced && !reflector.absent ? onTrouble(error) : first.reject(error));
  const reflector = createReflector({ client, resource, namespace, fieldSelector, sink: store, clock, random: Math.random, onFailure });
  const running = reflector.run(signal);
  // A kind that is not served counts as synced for the controller, which waits for it; nobody here would.
  const synced = Promise.race([reflector.whenSynced.then(() => (reflector.absent ? first.promise : undefined)), first.promise]);
  return { store, synced: synced as Promise<void>, running };
}

interface Bell {
  ring(): void;
  reset(): void;
  /** At once where it rang since the last reset. */
  rung(): Promise<void>;
}

function createBell(): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring: () => next.resolve(),
    reset: () => {
      next = Promise.withResolvers<void>();
    },
    rung: () => next.promise,
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
