/**
 * Watches: first what the client missed (from the history, or every object as ADDED), then each change as it happens, one JSON text a line.
 *
 * A version that is forgotten answers 200 and one ERROR event; a version of the future waits without a word. Bookmarks come every minute, and in
 * the last two seconds, so that a client that starts over starts where it ended.
 */
import type { ServerResponse } from "node:http";
import type { KubeObject } from "../../domain/kube.ts";
import { apiVersionOf } from "../../sim/kube/kinds.ts";
import { fieldMatcher, labelMatcher, type Matcher } from "../../sim/kube/selectors.ts";
import { invalid, type Status, StatusError } from "../../sim/kube/status-error.ts";
import type { Change, ChangeType } from "../../sim/kube/store.ts";
import type { Context, ResourceRequest } from "./context.ts";
import { objectBody, type Presentation, presentation, tableBody } from "./forms.ts";
import { parseVersion } from "./listing.ts";
import { formOf } from "./negotiate.ts";
import { isTrue } from "./routes.ts";

const BOOKMARK_EVERY_MS = 60_000;
const BOOKMARKS_BEFORE_END_MS = [2000, 1000];
const SHORTEST_DEFAULT_MS = 30 * 60_000;

type WatchEvent = { readonly type: ChangeType | "BOOKMARK" | "ERROR"; readonly object: object };

interface Plan {
  readonly from: number;
  /** Every object as it is now, before the changes. */
  readonly everything: boolean;
  /** A bookmark marks the end of the first objects. */
  readonly marksEnd: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Throws before anything is sent where the request is wrong. */
export function serveWatch(request: ResourceRequest, context: Context, response: ServerResponse): void {
  const plan = planOf(request.query, context);
  const matches = matcherOf(request);
  const sender = createSender(request, context, response);
  response.writeHead(200, { "Content-Type": "application/json" });
  response.flushHeaders();
  if (plan.everything) {
    const { items } = context.store.list(request.kind, { namespace: request.namespace });
    for (const object of items.filter(matches)) {
      sender.change("ADDED", object);
    }
    if (plan.marksEnd) {
      sender.bookmark({ "k8s.io/initial-events-end": "true" });
    }
  }
  const missed = missedChanges(plan, context);
  if (missed instanceof StatusError) {
    sender.error(missed.status);
    response.end();
    return;
  }
  const tell = (change: Change) => {
    const event = change.resource.storage === request.kind.storage ? eventOf(change, request, context, matches) : undefined;
    if (event !== undefined && change.resourceVersion > plan.from) {
      sender.change(event.type, event.object);
    }
  };
  missed.forEach(tell);
  keepOpen(context, response, plan, sender, context.store.subscribe(tell));
}

/** Ends the stream at its time, with its client, or with the server. */
function keepOpen({ clock, watches }: Context, response: ServerResponse, plan: Plan, sender: Sender, unsubscribe: () => void): void {
  const forget = watches.add({ end, silence: release });
  const cancelEnd = clock.schedule(plan.timeoutMs, end);
  const lastTimes = plan.bookmarks && plan.timeoutMs > Math.max(...BOOKMARKS_BEFORE_END_MS) ? BOOKMARKS_BEFORE_END_MS : [];
  const cancelLast = lastTimes.map((ms) => clock.schedule(plan.timeoutMs - ms, () => sender.bookmark()));
  let cancelNext = plan.bookmarks ? clock.schedule(BOOKMARK_EVERY_MS, regularBookmark) : undefined;
  response.on("close", release);

  function regularBookmark() {
    sender.bookmark();
    cancelNext = clock.schedule(BOOKMARK_EVERY_MS, regularBookmark);
  }
  function end() {
    release();
    response.end();
  }
  function release() {
    unsubscribe();
    forget();
    for (const cancel of [cancelEnd, cancelNext, ...cancelLast]) {
      cancel?.();
    }
  }
}

function planOf(query: URLSearchParams, { store }: Context): Plan {
  const text = query.get("resourceVersion") ?? "";
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const initial = query.get("sendInitialEvents");
  const match = query.get("resourceVersionMatch") ?? "";
  if (initial !== null && match !== "NotOlderThan") {
    const problem = {
      reason: "FieldValueForbidden" as const,
      field: "resourceVersionMatch",
      message: "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    };
    throw invalid({ group: "meta.k8s.io", plural: "listoptions", kind: "ListOptions" }, "", [problem]);
  }
  const asked = text === "" ? 0 : parseVersion(text);
  const everything = initial === null ? asked === 0 : isTrue(initial);
  const seconds = Number(query.get("timeoutSeconds") ?? 0);
  return {
    from: everything ? Math.max(asked, store.resourceVersion()) : asked === 0 ? store.resourceVersion() : asked,
    everything,
    marksEnd: isTrue(initial) && bookmarks,
    bookmarks,
    timeoutMs: seconds > 0 ? seconds * 1000 : SHORTEST_DEFAULT_MS,
  };
}

function missedChanges(plan: Plan, { store }: Context): readonly Change[] | StatusError {
  try {
    return store.changesSince(plan.from);
  } catch (error) {
    if (error instanceof StatusError) {
      return error;
    }
    throw error;
  }
}

function matcherOf({ kind, namespace, query }: ResourceRequest): Matcher {
  const labels = labelMatcher(query.get("labelSelector") ?? "");
  const fields = fieldMatcher(query.get("fieldSelector") ?? "", kind.fields);
  return (object) => (namespace === "" || object.metadata.namespace === namespace) && labels(object) && fields(object);
}

/** An object that comes to match is ADDED, one that no longer does is DELETED, whatever happened to it. */
function eventOf(change: Change, { kind }: ResourceRequest, { store }: Context, matches: Matcher) {
  const object = store.view(change.object, kind);
  const previous = change.previous && store.view(change.previous, kind);
  const before = previous !== undefined && matches(previous);
  const now = change.type !== "DELETED" && matches(object);
  if (now) {
    return { type: before ? ("MODIFIED" as const) : ("ADDED" as const), object };
  }
  return before ? { type: "DELETED" as const, object: asOf(previous, object) } : undefined;
}

function asOf(previous: KubeObject, { metadata: { resourceVersion = "" } }: KubeObject): KubeObject {
  return { ...previous, metadata: { ...previous.metadata, resourceVersion } };
}

interface Sender {
  change(type: ChangeType, object: KubeObject): void;
  bookmark(annotations?: Readonly<Record<string, string>>): void;
  error(status: Status): void;
}

function createSender(request: ResourceRequest, { store }: Context, response: ServerResponse): Sender {
  const form = formOf(request.accept);
  let first = true;
  const send = (event: WatchEvent) => void response.write(`${JSON.stringify(event)}\n`);
  const show = (): Presentation => presentation(request.kind, form, request.query, store.now());
  const table = (items: readonly KubeObject[], resourceVersion: string) => {
    const body = tableBody(items, { resourceVersion }, show(), first);
    first = false;
    return body;
  };
  return {
    change(type, object) {
      const body = form === "table" ? table([object], object.metadata.resourceVersion ?? "") : objectBody(object, show());
      send({ type, object: body });
    },
    bookmark(annotations) {
      const resourceVersion = String(store.resourceVersion());
      const metadata = { ...(annotations && { annotations }), resourceVersion };
      const { kind } = request;
      const object = form === "table" ? table([], resourceVersion) : { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
      send({ type: "BOOKMARK", object });
    },
    error: (object) => send({ type: "ERROR", object }),
  };
}
