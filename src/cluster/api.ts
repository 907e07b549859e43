/**
 * What is read of an API server besides single objects. `client.ts` implements it over HTTP; reflectors ask for no more
 * than they need, so that a model can stand in.
 */
import type { ApiError, KubeObject, Resource } from "../domain/kube.ts";

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Absent: the most recent state; "0": whatever the server has at hand. */
  readonly resourceVersion?: string | undefined;
}

export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  /** The server ends the watch after so long. */
  readonly timeoutSeconds: number;
  readonly allowBookmarks: boolean;
}

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  /** Nothing up to this version is missing. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  | { readonly type: "ERROR"; readonly error: ApiError };

export interface Reads {
  list(resource: Resource, options: ListOptions, signal?: AbortSignal): Promise<ObjectList>;
  /** Ends when the server ends it; throws where it can't begin or breaks. Leaving the loop closes the connection. */
  watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** Any JSON document of the API server: `/version`, `/apis/apps/v1`. */
  getPath(path: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}
