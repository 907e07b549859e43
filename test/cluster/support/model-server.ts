/**
 * One kind on an API server, as a list and a log of versions, with the faults that watches meet. On virtual time.
 */
import type { ListOptions, ObjectList, Reads, WatchEvent, WatchOptions } from "../../../src/cluster/api.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import { ApiError, type ApiErrorKind, type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";

type Change = { readonly version: number; readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject };

export interface ModelServer {
  readonly client: Pick<Reads, "list" | "watch">;
  /** Creates or changes; answers as a write would. `more` is kept as it is. */
  write(name: string, value: number, more?: Partial<KubeObject>): KubeObject;
  erase(name: string): void;
  /** Watches from before now are answered 410, tokens of running lists too. */
  compact(): void;
  /** Breaks every connection. */
  disconnect(): void;
  /** Restored from a backup that is so many versions old: those versions will be given out again, to other changes. */
  restore(back: number): void;
  /** The next event of every watch is lost on the way. */
  swallowNext(): void;
  /** The next event of every watch comes twice, the second time late. */
  repeatNext(): void;
  /** Fails the next `count` lists or watches. */
  failNext(
    what: "list" | "watch",
    count: number,
    kind?: ApiErrorKind,
    init?: { status?: number; reason?: string; retryAfterMs?: number },
  ): void;
  /** While it is set, open watches and new ones go silent: they never say or end anything any more, until `disconnect`. */
  silent: boolean;
  /** From now on each watch ends after so long, without error. */
  watchLastsMs: number | undefined;
  readonly lists: ListOptions[];
  readonly watches: (WatchOptions & { readonly at: number })[];
  readonly openWatches: number;
  truth(): Map<string, number>;
}

const FIRST = 100;

export function createModelServer(clock: Clock): ModelServer {
  let version = FIRST;
  let oldest = FIRST;
  let objects = new Map<string, KubeObject>();
  let log: Change[] = [];
  const connections = new Set<Connection>();
  const failures = { list: [] as ApiError[], watch: [] as ApiError[] };

  interface Connection {
    from: number;
    dropped: boolean;
    swallow: number;
    repeat: number;
    wake: () => void;
  }

  function record(type: Change["type"], name: string, value: number, more: Partial<KubeObject> = {}): KubeObject {
    version += 1;
    const before = objects.get(name)?.metadata.uid;
    const metadata = { name, namespace: "shop", uid: before ?? `uid-${version}`, resourceVersion: String(version) };
    const object = { apiVersion: "v1", kind: "Service", value, ...more, metadata: { ...metadata, ...more.metadata } };
    if (type === "DELETED") objects.delete(name);
    else objects.set(name, object);
    log.push({ version, type, object });
    wakeAll();
    return object;
  }

  function wakeAll(): void {
    for (const connection of connections) connection.wake();
  }

  async function list(_resource: unknown, options: ListOptions): Promise<ObjectList> {
    server.lists.push(options);
    const failure = failures.list.shift();
    if (failure !== undefined) throw failure;
    const limit = options.limit ?? 500;
    const [at, start] = (options.continue ?? `${version}:0`).split(":").map(Number) as [number, number];
    if (at < oldest) throw error("gone", { status: 410, reason: "Expired" });
    const all = [...snapshotAt(at).values()];
    const items = all.slice(start, start + limit);
    const rest = start + limit < all.length ? { continue: `${at}:${start + limit}` } : {};
    return { items, resourceVersion: String(at), ...rest };
  }

  function snapshotAt(at: number): Map<string, KubeObject> {
    const snapshot = new Map<string, KubeObject>();
    for (const change of log) {
      if (change.version > at) break;
      if (change.type === "DELETED") snapshot.delete(change.object.metadata.name);
      else snapshot.set(change.object.metadata.name, change.object);
    }
    return snapshot;
  }

  async function* watch(_resource: unknown, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    server.watches.push({ ...options, at: clock.monotonic() });
    const failure = failures.watch.shift();
    if (failure !== undefined) throw failure;
    const connection: Connection = { from: Number(options.resourceVersion), dropped: false, swallow: 0, repeat: 0, wake: () => {} };
    let isMute = false;
    const ends = clock.monotonic() + Math.min(options.timeoutSeconds * 1000, server.watchLastsMs ?? Number.POSITIVE_INFINITY);
    let bookmarkAt = clock.monotonic() + 60_000;
    let again: WatchEvent | undefined;
    connections.add(connection);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (connection.dropped) throw error("retry", { status: 0, reason: "Unreachable" });
        isMute ||= server.silent;
        if (isMute) {
          await pause(connection, Number.POSITIVE_INFINITY, signal);
          continue;
        }
        if (clock.monotonic() >= ends) return;
        if (connection.from < oldest) {
          yield { type: "ERROR", error: error("gone", { status: 410, reason: "Expired" }) };
          return;
        }
        const change = log.find((each) => each.version > connection.from);
        if (change !== undefined) {
          connection.from = change.version;
          if (connection.swallow > 0) {
            connection.swallow -= 1;
            continue;
          }
          const event: WatchEvent = { type: change.type, object: change.object };
          yield event;
          if (again !== undefined) yield again;
          again = connection.repeat > 0 ? event : undefined;
          connection.repeat = 0;
        } else if (again !== undefined) {
          yield again;
          again = undefined;
        } else if (clock.monotonic() >= bookmarkAt && version >= connection.from) {
          bookmarkAt = clock.monotonic() + 60_000;
          yield { type: "BOOKMARK", resourceVersion: String(version) };
        } else {
          await pause(connection, Math.min(ends, version >= connection.from ? bookmarkAt : ends), signal);
        }
      }
    } finally {
      connections.delete(connection);
    }
  }

  function pause(connection: Connection, until: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = Number.isFinite(until) ? clock.schedule(until - clock.monotonic(), done) : () => {};
      function done(): void {
        cancel();
        signal.removeEventListener("abort", done);
        connection.wake = () => {};
        resolve();
      }
      connection.wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  const server: ModelServer = {
    client: { list, watch },
    write: (name, value, more) => record(objects.has(name) ? "MODIFIED" : "ADDED", name, value, more),
    erase(name) {
      if (objects.has(name)) record("DELETED", name, Number(objects.get(name)?.["value"]));
    },
    compact() {
      oldest = version;
    },
    disconnect() {
      for (const connection of connections) {
        connection.dropped = true;
        connection.wake();
      }
    },
    restore(back) {
      const to = Math.max(FIRST, version - back);
      objects = snapshotAt(to);
      log = log.filter((change) => change.version <= to);
      version = to;
      oldest = to;
      this.disconnect();
    },
    swallowNext() {
      for (const connection of connections) connection.swallow += 1;
    },
    repeatNext() {
      for (const connection of connections) connection.repeat = 1;
    },
    failNext(what, count, kind = "retry", init = {}) {
      for (let i = 0; i < count; i += 1) failures[what].push(error(kind, init));
    },
    silent: false,
    watchLastsMs: undefined,
    lists: [],
    watches: [],
    get openWatches() {
      return connections.size;
    },
    truth: () => new Map([...objects].map(([name, object]) => [`shop/${name}`, Number(object["value"])])),
  };
  return server;
}

function error(
  kind: ApiErrorKind,
  { status = 500, reason = "InternalError", retryAfterMs }: { status?: number; reason?: string; retryAfterMs?: number },
) {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ApiError({ kind, status, reason, message: reason, verb: "watch", resource: RESOURCES.services, ...wait });
}
