/** What the handlers of one server share. */
import type { Clock } from "../../domain/clock.ts";
import type { Kind } from "../../sim/kube/kinds.ts";
import type { KubeStore } from "../../sim/kube/store.ts";

export interface Context {
  readonly store: KubeStore;
  readonly clock: Clock;
  /** Ends when the server closes or its watches are cut. */
  readonly watches: WatchSet;
}

export interface OpenWatch {
  /** Ends the stream. */
  end(): void;
  /** Leaves it open, and says nothing any more. */
  silence(): void;
}

/** Open watches, so that they can be cut, or go silent. */
export interface WatchSet {
  add(watch: OpenWatch): () => void;
  endAll(): void;
  silenceAll(): void;
}

export function createWatchSet(): WatchSet {
  const watches = new Set<OpenWatch>();
  const each = (change: (watch: OpenWatch) => void) => {
    for (const watch of [...watches]) {
      change(watch);
    }
  };
  return {
    add(watch) {
      watches.add(watch);
      return () => void watches.delete(watch);
    },
    endAll: () => each((watch) => watch.end()),
    silenceAll: () => each((watch) => watch.silence()),
  };
}

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** A request for objects, taken apart. */
export interface ResourceRequest {
  readonly verb: Verb;
  readonly kind: Kind;
  /** "" for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  /** "" for collections. */
  readonly name: string;
  readonly subresource: "status" | "scale" | undefined;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  /** Default: application/json */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Texts and bytes are sent as they are, everything else as JSON. */
  readonly body: unknown;
}
