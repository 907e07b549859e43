/** The way to an API server for those who are not Serin: the stand-ins of a mesh and of a kubelet, and the demo's own hands. */
import { Agent, type Dispatcher, request } from "undici";
import type { Resource } from "../domain/kube.ts";

export interface ApiAccess {
  /** `http://127.0.0.1:port`, or https. */
  readonly server: string;
  readonly token?: string | undefined;
  /** PEM of those who may have signed its certificate. */
  readonly ca?: string | undefined;
}

export interface Question {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Default: JSON, or JSON merge patch with PATCH. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Whatever the server answers; rejects only where it does not. The body must be read to its end. */
export type Ask = (path: string, question?: Question) => Promise<Dispatcher.ResponseData>;

export function createAsk({ server, token, ca }: ApiAccess, userAgent: string): Ask {
  const dispatcher = ca === undefined ? {} : { dispatcher: new Agent({ connect: { ca }, allowH2: false }) };
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (path, { method = "GET", query, body, contentType, signal } = {}) =>
    request(`${server}${path}`, {
      ...dispatcher,
      method,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        ...authorization,
        ...(body === undefined ? {} : { "content-type": contentType ?? defaultType(method) }),
      },
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      bodyTimeout: 0,
    });
}

function defaultType(method: Question["method"]): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}

/** Of a collection, over all namespaces or in one; of one object where it is named. */
export function pathOf({ group, version, plural }: Resource, namespace?: string, name?: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
  return name === undefined ? collection : `${collection}/${name}`;
}
