/**
 * One step of a reflector: from a state to the next, with what happened. Throws nothing but the reason of its signal.
 */
import type { Clock } from "../domain/clock.ts";
import { ApiError, type Resource } from "../domain/kube.ts";
import type { Reads, WatchEvent } from "./api.ts";
import { createIdleTimer, type IdleTimer, WatchIsSilent } from "./idle-timer.ts";
import type { Relist, Sink } from "./store.ts";
import { isOlder, newerOf } from "./versions.ts";

/** What is reflected, from where to where. */
export interface Reflection {
  readonly client: Pick<Reads, "list" | "watch">;
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** The sink then holds nothing else of its kind. */
  readonly fieldSelector?: string | undefined;
  readonly sink: Sink;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export type ReflectorState =
  /** Nothing is known, or nothing that is known is of use. */
  | { readonly phase: "Empty" }
  | { readonly phase: "Listing"; readonly relist: Relist; readonly continue: string; readonly resourceVersion: string }
  | { readonly phase: "Listed"; readonly position: Position }
  /** The watch ended before its time: is the server still where it was? */
  | { readonly phase: "Doubted"; readonly position: Position }
  | { readonly phase: "Watching"; readonly position: Position; readonly watch: OpenWatch };

interface Position {
  /** Everything up to here is in the sink. */
  readonly resourceVersion: string;
  /** Monotonic time of the last complete list. */
  readonly listedAt: number;
  /** Watches in a row that ended soon. */
  readonly shortWatches: number;
}

interface OpenWatch {
  readonly events: AsyncIterator<WatchEvent>;
  readonly idle: IdleTimer;
  readonly abort: AbortController;
  readonly startedAt: number;
  /** When the server was asked to end it. */
  readonly timeoutMs: number;
  readonly heard: boolean;
}

export type Outcome =
  | { readonly type: "Listed" }
  | { readonly type: "Heard" }
  /** The server told its version; whether it lets us watch is not known yet. */
  | { readonly type: "Asked" }
  /** The server ended the watch. */
  | { readonly type: "Ended"; readonly livedMs: number }
  | { readonly type: "Failed"; readonly error: unknown; readonly livedMs: number; readonly duringList: boolean };

export interface Step {
  readonly state: ReflectorState;
  readonly outcome: Outcome;
}

export const EMPTY: ReflectorState = { phase: "Empty" };

const PAGE_SIZE = 500;
/** The server ends each watch after so long, less up to ten seconds, so that watches don't end together. */
const WATCH_SECONDS = 290;
const WATCH_SPREAD_SECONDS = 10;
/** Without even a bookmark for so long, although the server sends one about every minute: the connection is dead. */
const IDLE_MS = 150_000;
const SHORT_WATCH_MS = 10_000;
const SHORT_WATCHES_BEFORE_LIST = 3;
/** A watch without even a bookmark for so long may wait for a version that the server will only reach much later. */
const SILENT_WATCH_MS = 60_000;
/** A watch that ended so long before its time was cut. */
const EARLY_MS = 10_000;
/** What a proxy swallowed from a living watch is found by the next list. */
const LIST_EVERY_MS = 3_600_000;

export async function step(state: ReflectorState, options: Reflection, signal: AbortSignal): Promise<Step> {
  switch (state.phase) {
    case "Empty":
      return listPage(options.sink.relist(options.namespace), undefined, options, signal);
    case "Listing":
      return listPage(state.relist, state.continue, options, signal);
    case "Doubted":
      return askVersion(state.position, options, signal);
    case "Listed":
      return nextEvent(state.position, openWatch(state.position, options, signal), options, signal);
    case "Watching":
      return nextEvent(state.position, state.watch, options, signal);
  }
}

async function listPage(relist: Relist, token: string | undefined, options: Reflection, signal: AbortSignal): Promise<Step> {
  const { client, resource, namespace, labelSelector, fieldSelector, clock } = options;
  try {
    const listedAt = clock.monotonic();
    const page = await client.list(resource, { namespace, labelSelector, fieldSelector, limit: PAGE_SIZE, continue: token }, signal);
    relist.page(page.items, page.resourceVersion);
    const { resourceVersion } = page;
    if (page.continue !== undefined) {
      return { state: { phase: "Listing", relist, continue: page.continue, resourceVersion }, outcome: { type: "Heard" } };
    }
    relist.done();
    return { state: { phase: "Listed", position: { resourceVersion, listedAt, shortWatches: 0 } }, outcome: { type: "Listed" } };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { state: EMPTY, outcome: { type: "Failed", error, livedMs: 0, duringList: true } };
  }
}

/**
 * A server that was restored from a backup waits without a word for a version of the future, so that a watch would hear nothing for
 * minutes and then the wrong things. The shortest list tells where it is.
 */
async function askVersion(position: Position, options: Reflection, signal: AbortSignal): Promise<Step> {
  const { client, resource, namespace, labelSelector, fieldSelector } = options;
  try {
    const { resourceVersion } = await client.list(resource, { namespace, labelSelector, fieldSelector, limit: 1 }, signal);
    const wentBack = isOlder(resourceVersion, position.resourceVersion);
    return { state: wentBack ? EMPTY : { phase: "Listed", position }, outcome: { type: "Asked" } };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const state: ReflectorState = isVersionUseless(error) ? EMPTY : { phase: "Doubted", position };
    return { state, outcome: { type: "Failed", error, livedMs: 0, duringList: false } };
  }
}

function openWatch(position: Position, options: Reflection, signal: AbortSignal): OpenWatch {
  const { client, resource, namespace, labelSelector, fieldSelector, clock, random } = options;
  const abort = new AbortController();
  const selection = { namespace, labelSelector, fieldSelector, resourceVersion: position.resourceVersion };
  const timeoutSeconds = Math.round(WATCH_SECONDS - WATCH_SPREAD_SECONDS * random());
  const idle = createIdleTimer(clock, IDLE_MS, () => abort.abort(new WatchIsSilent(IDLE_MS)));
  const follow = () => abort.abort(signal.reason);
  signal.addEventListener("abort", follow, { once: true });
  const watch = client.watch(resource, { ...selection, timeoutSeconds, allowBookmarks: true }, abort.signal);
  abort.signal.addEventListener("abort", () => signal.removeEventListener("abort", follow), { once: true });
  return {
    events: watch[Symbol.asyncIterator](),
    idle,
    abort,
    startedAt: clock.monotonic(),
    timeoutMs: timeoutSeconds * 1000,
    heard: false,
  };
}

async function nextEvent(position: Position, watch: OpenWatch, options: Reflection, signal: AbortSignal): Promise<Step> {
  const { clock, sink } = options;
  try {
    const result = await watch.events.next();
    if (result.done) return ended(position, watch, undefined, clock);
    const event = result.value;
    if (event.type === "ERROR") return ended(position, watch, event.error, clock);
    watch.idle.touch();
    if (event.type === "DELETED") sink.remove(event.object);
    else if (event.type !== "BOOKMARK") sink.put(event.object);
    const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    const resourceVersion = version === undefined ? position.resourceVersion : newerOf(position.resourceVersion, version);
    return {
      state: { phase: "Watching", position: { ...position, resourceVersion }, watch: { ...watch, heard: true } },
      outcome: { type: "Heard" },
    };
  } catch (error) {
    if (signal.aborted) {
      watch.idle.stop();
      throw signal.reason;
    }
    return ended(position, watch, error, clock);
  }
}

function ended(position: Position, watch: OpenWatch, error: unknown, clock: Clock): Step {
  watch.idle.stop();
  watch.events.return?.().catch(() => {});
  watch.abort.abort(new Error("the watch is over"));
  const livedMs = clock.monotonic() - watch.startedAt;
  const shortWatches = livedMs < SHORT_WATCH_MS ? position.shortWatches + 1 : 0;
  const isEarly = livedMs < watch.timeoutMs - EARLY_MS;
  const mustList =
    isVersionUseless(error) ||
    shortWatches >= SHORT_WATCHES_BEFORE_LIST ||
    (!watch.heard && livedMs >= SILENT_WATCH_MS) ||
    clock.monotonic() - position.listedAt >= LIST_EVERY_MS;
  return {
    state: mustList ? EMPTY : { phase: isEarly ? "Doubted" : "Listed", position: { ...position, shortWatches } },
    outcome: error === undefined ? { type: "Ended", livedMs } : { type: "Failed", error, livedMs, duringList: false },
  };
}

/** 410 (expired), 404 (the kind went away), 400 (no version of this server), and one that the server has not reached. */
function isVersionUseless(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.kind === "gone" || error.kind === "invalid" || error.reason === "ResourceVersionTooLarge";
}
