/**
 * What a controller's process knows: the real stores, listed when it starts and then told of every change as its watches
 * are, each kind with a delay of its own. So it may see a set before its Deployment, and its own writes before anybody's.
 */
import { createStore, type Sink, type Store } from "../../cluster/store.ts";
import { withoutManagedFields } from "../../cluster/trim.ts";
import type { Cache } from "../../controller/cache.ts";
import { WATCHED, type Watched } from "../../controller/concerns.ts";
import { createStoreCache } from "../../controller/store-cache.ts";
import { createWatchedStores } from "../../controller/stores.ts";
import type { Clock } from "../../domain/clock.ts";
import { type Pod, RESOURCES, type Resource, type ResourceName } from "../../domain/kube.ts";
import { selectorMatches } from "../../workload/selector.ts";
import type { Change, KubeList, KubeStore } from "../kube/store.ts";
import { tellings, type WatchTrouble } from "./watch-trouble.ts";

/** Milliseconds from a change to the controller's knowledge of it. */
export type Lag = (resource: Watched | "pods") => number;

export interface InformedCacheOptions {
  readonly store: KubeStore;
  readonly clock: Clock;
  readonly lag: Lag;
  readonly trouble: WatchTrouble;
  readonly freezesOnChange: () => boolean;
  /** False: who missed something never knows, to prove that an invariant can break. */
  readonly listsAnew?: boolean | undefined;
  /** False: what a list says of an object that was seen in a later version is not believed, for the same proof. */
  readonly believesLists?: boolean | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onConcern: (rollout: string, why: string) => void;
  readonly onRewind: () => void;
}

export interface InformedCache extends Cache {
  /** The process ended: nothing is told to it any more. */
  stop(): void;
}

interface PodWatch {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly store: Store<Pod>;
}

const NAME_BY_PLURAL = new Map<string, Watched | "pods">([...WATCHED, "pods" as const].map((name) => [RESOURCES[name].plural, name]));

export function createInformedCache({
  store,
  clock,
  lag,
  trouble,
  freezesOnChange,
  listsAnew = true,
  believesLists = true,
  random,
  onConcern,
  onRewind,
}: InformedCacheOptions): InformedCache {
  const onFailure = (_name: unknown, error: unknown) => {
    throw error;
  };
  const foundOut = () => alive && onRewind();
  const watches = new Map<string, PodWatch>();
  const serves = (resource: ResourceName) => isServed(store, RESOURCES[resource]);
  const of = createWatchedStores({ onConcern: (key, why) => alive && onConcern(key, why), onFailure, onRewind: foundOut });
  let alive = false;
  for (const name of WATCHED.filter(serves)) {
    for (const object of store.list(RESOURCES[name]).items) {
      of[name].put(object);
    }
  }
  alive = true;

  function tell(name: Watched | "pods", { type, object }: Change): void {
    const sinks =
      name === "pods" ? [...watches.values()].filter((watch) => concerns(watch, object as Pod)).map((watch) => watch.store) : [of[name]];
    for (const sink of sinks) {
      if (type === "DELETED") sink.remove(object);
      else sink.put(object as Pod);
    }
  }

  /** Kinds whose watch ended with the server's past, until they are listed anew. */
  const unwatched = new Set<Watched | "pods">();
  let rewinds = 0;

  const unsubscribe = store.subscribe((change) => {
    const name = NAME_BY_PLURAL.get(change.resource.plural);
    if (name === undefined || unwatched.has(name)) {
      return;
    }
    const past = rewinds;
    for (const delay of tellings(trouble.fault, lag(name), random)) {
      if (delay === 0) tell(name, change);
      else clock.schedule(delay, () => alive && past === rewinds && tell(name, change));
    }
  });

  const fill = believesLists ? believe : putAll;

  /** As a reflector does after its watch was lost for too long. */
  function relist(name: Watched | "pods"): void {
    if (name !== "pods") {
      fill(of[name], store.list(RESOURCES[name]));
      return;
    }
    for (const { labels, namespace, store: pods } of watches.values()) {
      fill(pods, store.list(RESOURCES.pods, { namespace, labelSelector: { matchLabels: labels } }));
    }
  }

  const listed = [...WATCHED.filter(serves), "pods" as const];
  const relistAll = () => listed.forEach(relist);

  /** The versions that the watches ask for are not reached any more: each finds out for itself, and lists anew. */
  function startAnew(): void {
    rewinds += 1;
    const past = rewinds;
    for (const name of listed) {
      unwatched.add(name);
      clock.schedule(FIRST_RELIST_MS + Math.floor(random() * RELIST_WITHIN_MS), () => {
        if (alive && past === rewinds) {
          unwatched.delete(name);
          relist(name);
        }
      });
    }
  }

  const forget = store.onRewind(() => alive && startAnew());
  if (listsAnew) {
    trouble.healed.add(relistAll);
  }

  function watchPods(key: string, namespace: string, labels: Readonly<Record<string, string>>): PodWatch {
    const pods = createStore<Pod>({ trim: withoutManagedFields, onListenerError: (error) => onFailure("pods", error), onRewind: foundOut });
    for (const pod of store.list(RESOURCES.pods, { namespace, labelSelector: { matchLabels: labels } }).items) {
      pods.put(pod);
    }
    pods.onChange(() => alive && onConcern(key.split("#")[0] ?? key, "pods"));
    const watch = { labels, namespace, store: pods };
    watches.set(key, watch);
    return watch;
  }

  const podWatches = {
    pods: (key: string, namespace: string, labels: Readonly<Record<string, string>>) =>
      (watches.get(key) ?? watchPods(key, namespace, labels)).store.list(),
    release: (key: string) => void watches.delete(key),
  };
  return {
    ...createStoreCache(of, { ...podWatches, serves, freezesOnChange }),
    stop() {
      alive = false;
      trouble.healed.delete(relistAll);
      unsubscribe();
      forget();
    },
  };
}

/** A server that has not reached a watch's version answers after three seconds; then the reflector's first pauses. */
const FIRST_RELIST_MS = 800;
const RELIST_WITHIN_MS = 8_000;

function putAll(sink: Sink, { items }: KubeList): void {
  items.forEach(sink.put);
}

function believe(sink: Sink, { items, resourceVersion }: KubeList): void {
  const list = sink.relist(undefined);
  list.page(items, resourceVersion);
  list.done();
}

function isServed(store: KubeStore, { group, version, plural }: Resource): boolean {
  return store.kinds.find(group, version, plural) !== undefined;
}

function concerns({ labels }: PodWatch, pod: Pod): boolean {
  return selectorMatches({ matchLabels: labels }, pod.metadata.labels);
}
