/**
 * The API server as plain JSON: the verbs of the domain, lists, watches and discovery paths.
 *
 * Every failure is an `ApiError` that says what to do next, or the reason of the caller's own signal. Nothing is retried
 * here but the call that met an outdated token: waiting belongs to the callers, who know what can wait.
 */
import type { DeleteOptions, KubeObject, PatchOperation, Resource, Verbs } from "../domain/kube.ts";
import type { ObjectList, Reads } from "./api.ts";
import { type Call, errorOfAnswer, errorOfForeignAnswer } from "./errors.ts";
import { apiVersionOf, collectionPath, objectPath, queryOf } from "./paths.ts";
import {
  createTransport,
  type Exchange,
  explain,
  type Fence,
  readAnswer,
  type TextAnswer,
  type Transport,
  type TransportOptions,
} from "./transport.ts";
import { watchEvents } from "./watch-stream.ts";

export interface Client extends Verbs, Reads {
  /** The same client, whose writes ask the fence first. */
  fenced(fence: Fence): Client;
  close(): Promise<void>;
}

export interface ClientOptions extends TransportOptions {
  /** Time limit of a call; lists get three times as long. */
  readonly timeoutMs?: number | undefined;
  readonly fence?: Fence | undefined;
  /** Who owns what this client writes, in managedFields; default: the controller's. */
  readonly fieldManager?: string | undefined;
}

export const FIELD_MANAGER = "serin";
const DEFAULT_TIMEOUT_MS = 10_000;
const LIST_TIMEOUT_FACTOR = 3;

export function createClient(options: ClientOptions): Client {
  return clientOver(createTransport(options), options);
}

function clientOver(transport: Transport, options: ClientOptions): Client {
  const { clock, fence, fieldManager = FIELD_MANAGER } = options;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;

  async function exchangeJson(exchange: Exchange, limitMs: number, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await transport.exchange(exchange, limitMs, signal);
    if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(exchange.call, answer, clock.now());
    return recordOf(exchange.call, answer);
  }

  async function exchangeObject(exchange: Exchange, signal?: AbortSignal): Promise<KubeObject> {
    const value = await exchangeJson(exchange, timeoutMs, signal);
    if (!isObject(value)) throw errorOfForeignAnswer(exchange.call, foreignAnswer(), clock.now());
    return value;
  }

  function patch(
    call: Call & { readonly namespace: string; readonly name: string },
    contentType: string,
    json: unknown,
    signal?: AbortSignal,
  ) {
    const path = objectPath(call.resource, call.namespace, call.name, call.subresource) + queryOf({ fieldManager });
    return exchangeObject({ call, method: "PATCH", path, body: { contentType, json }, fence }, signal);
  }

  return {
    get(resource, namespace, name, signal) {
      const call: Call = { verb: "get", resource, namespace, name };
      return exchangeObject({ call, method: "GET", path: objectPath(resource, namespace, name) }, signal);
    },
    create(resource, object, signal) {
      const namespace = object.metadata.namespace ?? "";
      const call: Call = { verb: "create", resource, namespace, name: object.metadata.name };
      const path = collectionPath(resource, namespace) + queryOf({ fieldManager });
      return exchangeObject({ call, method: "POST", path, body: { contentType: "application/json", json: object }, fence }, signal);
    },
    mergePatch(resource, namespace, name, body, signal) {
      return patch({ verb: "patch", resource, namespace, name }, "application/merge-patch+json", body, signal);
    },
    jsonPatch(resource, namespace, name, operations: readonly PatchOperation[], signal) {
      return patch({ verb: "patch", resource, namespace, name }, "application/json-patch+json", operations, signal);
    },
    patchStatus(resource, namespace, name, body, signal) {
      return patch({ verb: "patch", resource, subresource: "status", namespace, name }, "application/merge-patch+json", body, signal);
    },
    async delete(resource, namespace, name, deletion, signal) {
      const call: Call = { verb: "delete", resource, namespace, name };
      const body = { contentType: "application/json", json: deleteOptionsBody(deletion) };
      const path = objectPath(resource, namespace, name);
      return isGone(await exchangeJson({ call, method: "DELETE", path, body, fence }, timeoutMs, signal));
    },
    async list(resource, { namespace, resourceVersion, limit, continue: token, labelSelector, fieldSelector }, signal) {
      const call: Call = { verb: "list", resource, ...(namespace ? { namespace } : {}) };
      const query = queryOf({ limit, continue: token, resourceVersion, labelSelector, fieldSelector });
      const exchange: Exchange = { call, method: "GET", path: collectionPath(resource, namespace) + query };
      const value = await exchangeJson(exchange, timeoutMs * LIST_TIMEOUT_FACTOR, signal);
      const list = listOf(resource, value);
      if (list === undefined) throw errorOfForeignAnswer(call, foreignAnswer(), clock.now());
      return list;
    },
    async *watch(resource, { namespace, resourceVersion, timeoutSeconds, allowBookmarks, labelSelector, fieldSelector }, signal) {
      const call: Call = { verb: "watch", resource, ...(namespace ? { namespace } : {}) };
      const query = queryOf({
        watch: true,
        allowWatchBookmarks: allowBookmarks,
        resourceVersion,
        timeoutSeconds,
        labelSelector,
        fieldSelector,
      });
      const exchange: Exchange = { call, method: "GET", path: collectionPath(resource, namespace) + query };
      const answer = await transport.open(exchange, timeoutMs * LIST_TIMEOUT_FACTOR, signal);
      try {
        if (answer.statusCode !== 200) throw errorOfAnswer(call, await readAnswer(call, answer), clock.now());
        yield* watchEvents(call, answer.body);
      } catch (error) {
        throw explain(call, error, signal);
      }
    },
    async getPath(path, signal) {
      const call: Call = { verb: "get", resource: { group: "", version: "", plural: path, kind: "" } };
      return exchangeJson({ call, method: "GET", path }, timeoutMs, signal);
    },
    fenced: (next) => clientOver(transport, { ...options, fence: next }),
    close: () => transport.close(),
  };

  function recordOf(call: Call, answer: TextAnswer): Record<string, unknown> {
    try {
      const value: unknown = JSON.parse(answer.body);
      if (isRecord(value)) return value;
    } catch {}
    throw errorOfForeignAnswer(call, answer, clock.now());
  }
}

/** The answer is a Status, or the object as it was deleted, or as it waits. */
function isGone(answer: Record<string, unknown>): boolean {
  const { finalizers, deletionGracePeriodSeconds } = (answer["metadata"] ?? {}) as {
    finalizers?: unknown[];
    deletionGracePeriodSeconds?: number;
  };
  return (finalizers ?? []).length === 0 && (deletionGracePeriodSeconds ?? 0) === 0;
}

function deleteOptionsBody({ uid, resourceVersion, propagation }: DeleteOptions): object {
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
    ...(uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } }),
  };
}

/** The items of built-in kinds come without apiVersion and kind. */
function listOf(resource: Resource, value: Record<string, unknown>): ObjectList | undefined {
  const { items, metadata } = value;
  if (!isRecord(metadata) || typeof metadata["resourceVersion"] !== "string") return undefined;
  // An empty list of some servers has no items, or null.
  if (!Array.isArray(items ?? [])) return undefined;
  const identity = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const objects = ((items ?? []) as unknown[]).map((item) => (isRecord(item) ? { ...identity, ...item } : undefined));
  if (!objects.every((object) => object !== undefined && isObject(object))) return undefined;
  const token = metadata["continue"];
  return {
    items: objects as unknown as KubeObject[],
    resourceVersion: metadata["resourceVersion"],
    ...(typeof token === "string" && token !== "" ? { continue: token } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isObject(value: Record<string, unknown>): value is Record<string, unknown> & KubeObject {
  const { apiVersion, kind, metadata } = value;
  return typeof apiVersion === "string" && typeof kind === "string" && isRecord(metadata) && typeof metadata["name"] === "string";
}

function foreignAnswer(): TextAnswer {
  return { status: 200, contentType: "", retryAfter: undefined, body: "" };
}
