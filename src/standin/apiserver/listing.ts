/** GET of collections: selectors, pages that stay consistent, and what `resourceVersion` asks for. */
import type { KubeObject } from "../../domain/kube.ts";
import { badRequest, expired, StatusError } from "../../sim/kube/status-error.ts";
import type { KubeList, KubeStore } from "../../sim/kube/store.ts";
import type { Context, Reply, ResourceRequest } from "./context.ts";
import { type ListMeta, listBody, presentation } from "./forms.ts";
import { formOf } from "./negotiate.ts";

/** How long a real server waits for its cache to reach a version of the future. */
const FRESHNESS_WAIT_MS = 3000;

export async function listReply(request: ResourceRequest, context: Context): Promise<Reply> {
  const { query, kind } = request;
  const shown = presentation(kind, formOf(request.accept), query, context.store.now());
  const token = query.get("continue") ?? "";
  const from = token === "" ? undefined : parseToken(token);
  const at = from?.rv ?? (await askedVersion(query, context));
  const list = listed(request, context.store, at, from !== undefined);
  const rest = from === undefined ? list.items : list.items.filter((object) => startKey(object) > from.start);
  const limit = Number(query.get("limit") ?? 0);
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  return { status: 200, body: listBody(items, metaOf(list, items, rest.length - items.length, query), shown) };
}

function listed({ kind, namespace, query }: ResourceRequest, store: KubeStore, at: number | undefined, continued: boolean): KubeList {
  try {
    return store.list(kind, {
      namespace,
      labelSelector: query.get("labelSelector") ?? "",
      fieldSelector: query.get("fieldSelector") ?? "",
      at,
    });
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 410) {
      throw expired(
        continued
          ? "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."
          : "The resourceVersion for the provided list is too old.",
      );
    }
    throw error;
  }
}

function metaOf(list: KubeList, items: readonly KubeObject[], remaining: number, query: URLSearchParams): ListMeta {
  const last = items.at(-1);
  if (remaining === 0 || last === undefined) {
    return { resourceVersion: list.resourceVersion };
  }
  const selected = (query.get("labelSelector") ?? "") !== "" || (query.get("fieldSelector") ?? "") !== "";
  return {
    resourceVersion: list.resourceVersion,
    continue: writeToken(Number(list.resourceVersion), startKey(last)),
    ...(!selected && { remainingItemCount: remaining }),
  };
}

/** The version that must be shown exactly; undefined: the newest. Waits for a version of the future, then refuses it. */
async function askedVersion(query: URLSearchParams, { store, clock }: Context): Promise<number | undefined> {
  const text = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  if (match !== "" && text === "") {
    throw badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (text === "" || text === "0") {
    return undefined;
  }
  const version = parseVersion(text);
  if (version > store.resourceVersion()) {
    const asked = Number(query.get("timeoutSeconds") ?? 0) * 1000;
    await clock.sleep(asked > 0 ? Math.min(asked, FRESHNESS_WAIT_MS) : FRESHNESS_WAIT_MS);
    if (version > store.resourceVersion()) {
      throw tooLargeVersion(version, store.resourceVersion());
    }
  }
  const legacyExact = match === "" && Number(query.get("limit") ?? 0) > 0;
  return match === "Exact" || legacyExact ? version : undefined;
}

function tooLargeVersion(version: number, current: number): StatusError {
  return new StatusError(504, "Timeout", `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function parseVersion(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `invalid resource version: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
}

const TOKEN_VERSION = "meta.k8s.io/v1";

interface Token {
  readonly rv: number;
  /** The key behind which the next page begins. */
  readonly start: string;
}

function startKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function writeToken(rv: number, lastKey: string): string {
  return Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv, start: `${lastKey}\u0000` })).toString("base64url");
}

function parseToken(text: string): Token {
  const json = Buffer.from(text, "base64url").toString("latin1");
  try {
    const token = JSON.parse(json) as { v?: unknown; rv?: unknown; start?: unknown };
    if (token.v === TOKEN_VERSION && typeof token.rv === "number" && typeof token.start === "string") {
      return { rv: token.rv, start: token.start };
    }
  } catch {
    throw badToken(`invalid character '${json[0] ?? ""}' looking for beginning of value`);
  }
  throw badToken(`encoded start key must be of version ${TOKEN_VERSION}`);
}

function badToken(reason: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${reason}`);
}
