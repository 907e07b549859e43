/** POST, PUT, PATCH and DELETE: bodies and options of HTTP as calls of the store. */
import type { KubeObject } from "../../domain/kube.ts";
import { isObject, type Json, part } from "../../sim/kube/json.ts";
import { badRequest, forbiddenValue, invalid, requiredValue, type Status, unsupportedMediaType } from "../../sim/kube/status-error.ts";
import type { Deletion, DeletionOptions, Patch, WriteOptions } from "../../sim/kube/store.ts";
import { parseBody, parsed } from "./bodies.ts";
import type { Context, Reply, ResourceRequest } from "./context.ts";
import { listBody, objectBody, presentation } from "./forms.ts";
import { formOf, parseMediaType } from "./negotiate.ts";
import { isTrue } from "./routes.ts";

export function createReply(request: ResourceRequest, { store }: Context): Reply {
  const { options, headers } = writeOptions(request);
  const object = store.create(request.kind, request.namespace, objectOf(request), options);
  return written(request, object, 201, headers, store.now());
}

export function updateReply(request: ResourceRequest, { store }: Context): Reply {
  const { options, headers } = writeOptions(request);
  const object = store.replace(request.kind, request.namespace, request.name, objectOf(request), options);
  return written(request, object, 200, headers, store.now());
}

export function patchReply(request: ResourceRequest, { store }: Context): Reply {
  const { kind, namespace, name } = request;
  const { options, headers } = writeOptions(request);
  const patch = patchOf(request);
  const exists = patch.type !== "apply" || store.find(kind, namespace, name) !== undefined;
  const object = store.patch(kind, namespace, name, patch, options);
  return written(request, object, exists ? 200 : 201, headers, store.now());
}

function written(request: ResourceRequest, object: KubeObject, status: number, warnings: readonly string[], now: number): Reply {
  const shown = presentation(request.kind, formOf(request.accept), request.query, now);
  const body = request.subresource === "scale" ? object : objectBody(object, shown);
  return { status, body, ...(warnings.length > 0 && { headers: { Warning: warnings } }) };
}

/** Without a name of its own a writer is called what its program is called. */
function managerOf({ query, userAgent }: ResourceRequest): string {
  return query.get("fieldManager") ?? (userAgent.split("/")[0] || "unknown");
}

function writeOptions(request: ResourceRequest): { options: WriteOptions; headers: string[] } {
  const { query, subresource } = request;
  const headers: string[] = [];
  const asked = query.get("fieldValidation");
  const fieldValidation = asked === "Strict" || asked === "Ignore" ? asked : "Warn";
  const warn = (text: string) => void headers.push(`299 - ${JSON.stringify(text)}`);
  const dryRun = query.get("dryRun") === "All";
  return { options: { fieldValidation, subresource, dryRun, fieldManager: managerOf(request), warn }, headers };
}

function objectOf(request: ResourceRequest): KubeObject {
  const body = parseBody(request);
  if (!isObject(body)) {
    throw badRequest("the body of the request is not an object");
  }
  return body as unknown as KubeObject;
}

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";
const APPLY_PATCH = "application/apply-patch+yaml";
const PATCH_OPTIONS = { group: "meta.k8s.io", plural: "patchoptions", kind: "PatchOptions" };

function patchOf({ kind, contentType, body, query }: ResourceRequest): Patch {
  const { type } = parseMediaType(contentType);
  if (type === APPLY_PATCH) {
    if ((query.get("fieldManager") ?? "") === "") {
      throw invalid(PATCH_OPTIONS, "", [requiredValue("fieldManager", "is required for apply patch")]);
    }
    return { type: "apply", body: parsed(body, true), force: isTrue(query.get("force")) };
  }
  if (query.has("force")) {
    throw invalid(PATCH_OPTIONS, "", [forbiddenValue("force", "may not be specified for non-apply patch")]);
  }
  if (type === JSON_PATCH) {
    return { type: "json", body: parsed(body) };
  }
  if (type === MERGE_PATCH) {
    return { type: "merge", body: parsed(body) };
  }
  if (type === STRATEGIC_PATCH && !kind.custom) {
    return { type: "strategic", body: parsed(body) };
  }
  throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, ...(kind.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH]);
}

export function deleteReply(request: ResourceRequest, { store }: Context): Reply {
  const { kind, namespace, name } = request;
  const deletion = store.delete(kind, namespace, name, deletionOptions(request));
  return { status: 200, body: deletion.gone && !kind.answersDeleted ? successOf(request, deletion) : deletion.object };
}

function successOf({ kind, name }: ResourceRequest, { object }: Deletion): Status {
  const details = { name, ...(kind.group !== "" && { group: kind.group }), kind: kind.plural };
  const { uid } = object.metadata;
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details: { ...details, ...(uid !== undefined && { uid }) } };
}

export function deleteCollectionReply(request: ResourceRequest, { store }: Context): Reply {
  const { kind, namespace, query } = request;
  const options = deletionOptions(request);
  const { items } = store.list(kind, {
    namespace,
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
  });
  for (const { metadata } of items) {
    store.delete(kind, metadata.namespace ?? "", metadata.name, options);
  }
  const shown = presentation(kind, formOf(request.accept), query, store.now());
  return { status: 200, body: listBody(items, { resourceVersion: String(store.resourceVersion()) }, shown) };
}

function deletionOptions(request: ResourceRequest): DeletionOptions {
  const { query, body } = request;
  const given = body.length === 0 ? {} : parseBody(request);
  const options: Json = isObject(given) ? given : {};
  const preconditions = part(options, "preconditions");
  const grace = options["gracePeriodSeconds"] ?? query.get("gracePeriodSeconds") ?? undefined;
  return {
    uid: text(preconditions["uid"]),
    resourceVersion: text(preconditions["resourceVersion"]),
    propagation: propagationOf(options, query),
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    dryRun: query.get("dryRun") === "All" || (Array.isArray(options["dryRun"]) && options["dryRun"].includes("All")),
  };
}

function propagationOf(options: Json, query: URLSearchParams): DeletionOptions["propagation"] {
  const policy = options["propagationPolicy"] ?? query.get("propagationPolicy") ?? undefined;
  if (policy === undefined) {
    const orphans = options["orphanDependents"] ?? (query.has("orphanDependents") ? isTrue(query.get("orphanDependents")) : undefined);
    return orphans === undefined ? undefined : orphans === true ? "Orphan" : "Background";
  }
  if (policy === "Background" || policy === "Foreground" || policy === "Orphan") {
    return policy;
  }
  throw badRequest(`invalid propagationPolicy ${JSON.stringify(policy)}: Background, Foreground or Orphan`);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
