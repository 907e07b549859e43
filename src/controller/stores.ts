/**
 * The watched kinds: one store and one reflector each, and for every change the rollouts that it concerns. Pods are not
 * among them: they are watched per release (`pod-watches.ts`).
 */
import { isDeepStrictEqual } from "node:util";
import type { Client } from "../cluster/client.ts";
import { byNamespace } from "../cluster/indexes.ts";
import { createReflector, type Reflector } from "../cluster/reflector.ts";
import { createStore, type Store } from "../cluster/store.ts";
import type { Clock } from "../domain/clock.ts";
import { ApiError, type KubeObject, RESOURCES, type Resource, type ResourceName } from "../domain/kube.ts";
import { concerned, concernsOf, WATCHED, type Watched } from "./concerns.ts";
import { trimOf } from "./trims.ts";

type IndexName = "namespace" | "concern";
export type WatchedStore = Store<KubeObject, IndexName>;

export interface Stores {
  readonly of: Readonly<Record<Watched, WatchedStore>>;
  readonly reflectors: readonly Reflector[];
  serves(resource: ResourceName): boolean;
  /** Resolves when every kind was listed once. */
  readonly synced: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface StoresOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly namespace: string | undefined;
  /** A rollout may decide otherwise now; `why` names the object that changed. */
  readonly onConcern: (rollout: string, why: string) => void;
  readonly onFailure: (resource: Watched, error: unknown) => void;
  /** The API server's history went back: of what the stores hold together nothing is sure any more. */
  readonly onRewind: () => void;
}

type OwnOptions = Pick<StoresOptions, "onConcern" | "onFailure" | "onRewind">;

export function createStores(options: StoresOptions): Stores {
  const of = createWatchedStores(options);
  const reflectors = WATCHED.map((name) => reflect(name, of[name], options));
  return {
    of,
    reflectors,
    serves: (resource) => reflectors.some((reflector) => isSame(reflector.resource, RESOURCES[resource]) && !reflector.absent),
    synced: Promise.all(reflectors.map((reflector) => reflector.whenSynced)).then(() => undefined),
    async run(signal) {
      await Promise.all(reflectors.map((reflector) => reflector.run(signal)));
    },
  };
}

/** The stores alone, empty: whatever fills them, each change is told to the rollouts that it concerns. */
export function createWatchedStores(options: OwnOptions): Record<Watched, WatchedStore> {
  const of = Object.fromEntries(WATCHED.map((name) => [name, storeFor(name, options)])) as Record<Watched, WatchedStore>;
  for (const name of WATCHED) {
    of[name].onChange((old, next) => {
      if (SPEC_ALONE.includes(name) && isDeepStrictEqual(old?.["spec"], next?.["spec"])) {
        return;
      }
      for (const rollout of concerned(name, [old, next], (concern) => of.canaryRollouts.by("concern", concern))) {
        options.onConcern(rollout, `${RESOURCES[name].kind} ${(next ?? old)?.metadata.name}`);
      }
    });
  }
  return of;
}

/** Their status moves every few seconds, and says nothing to us. */
const SPEC_ALONE: readonly Watched[] = ["horizontalPodAutoscalers", "verticalPodAutoscalers"];

/** Kinds that most clusters don't have: looked for so seldom, without a word. */
const RARE: Partial<Record<Watched, number>> = { verticalPodAutoscalers: 10 * 60_000 };

function storeFor(name: Watched, { onFailure, onRewind }: OwnOptions): WatchedStore {
  return createStore<KubeObject, IndexName>({
    trim: trimOf(name),
    indexes: { namespace: byNamespace, concern: concernsOf(name) },
    onListenerError: (error) => onFailure(name, error),
    onRewind,
  });
}

function reflect(name: Watched, sink: WatchedStore, options: StoresOptions): Reflector {
  const { client, clock, random, namespace, onFailure } = options;
  return createReflector({
    client,
    resource: RESOURCES[name],
    namespace,
    sink,
    clock,
    random,
    refusedMaxMs: RARE[name],
    onFailure: (error) => {
      if (RARE[name] === undefined || !(error instanceof ApiError && error.status === 404)) {
        onFailure(name, error);
      }
    },
  });
}

function isSame(a: Resource, b: Resource): boolean {
  return a.group === b.group && a.plural === b.plural;
}
