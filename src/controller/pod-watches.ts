/** Pods are watched only while a release needs them: one reflector per rollout and selector, ended when it is over. */
import { createReflector, type Reflector } from "../cluster/reflector.ts";
import { createStore, type Store } from "../cluster/store.ts";
import { withoutManagedFields } from "../cluster/trim.ts";
import { type Pod, RESOURCES } from "../domain/kube.ts";
import type { StoresOptions } from "./stores.ts";

interface PodWatch {
  readonly selector: string;
  readonly store: Store<Pod>;
  readonly reflector: Reflector;
  readonly abort: AbortController;
}

export interface PodWatches {
  pods(key: string, namespace: string, labels: Readonly<Record<string, string>>): readonly Pod[] | undefined;
  release(key: string): void;
  readonly size: number;
}

export type PodWatchesOptions = Pick<StoresOptions, "client" | "clock" | "random" | "onRewind"> & {
  readonly onChange: (key: string, why: string) => void;
  readonly onFailure: (error: unknown) => void;
};

export function createPodWatches(options: PodWatchesOptions): PodWatches {
  const watches = new Map<string, PodWatch>();

  function release(key: string): void {
    watches.get(key)?.abort.abort();
    watches.delete(key);
  }

  return {
    get size() {
      return watches.size;
    },
    release,
    pods(key, namespace, labels) {
      const selector = Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(",");
      if (watches.get(key)?.selector !== selector) {
        release(key);
        watches.set(key, start(key, namespace, selector, options));
      }
      const watch = watches.get(key);
      return watch?.reflector.synced ? watch.store.list() : undefined;
    },
  };
}

function start(key: string, namespace: string, labelSelector: string, options: PodWatchesOptions): PodWatch {
  const { client, clock, random, onChange, onFailure, onRewind } = options;
  const store = createStore<Pod>({ trim: withoutManagedFields, onListenerError: onFailure, onRewind });
  const reflector = createReflector({ client, resource: RESOURCES.pods, namespace, labelSelector, sink: store, clock, random, onFailure });
  const abort = new AbortController();
  store.onChange((old, next) => {
    if (reflector.synced) {
      onChange(key, `Pod ${(next ?? old)?.metadata.name}`);
    }
  });
  void reflector.run(abort.signal);
  void reflector.whenSynced.then(() => onChange(key, "pods are listed"));
  return { selector: labelSelector, store, reflector, abort };
}
