/** What happens to a body between the request and the storage: decoded, put in order, defaulted, validated. Pure but for the context. */
import { DecodeError } from "./builtin/decode-error.ts";
import { goType, type Origin, undecodable } from "./decode-refusal.ts";
import { pruneUnknown } from "./fields/unknown.ts";
import { child, cloneJson, isObject, type Json, part, shareParts, thaw } from "./json.ts";
import { apiVersionOf, type Kind, type RuleContext } from "./kinds.ts";
import { keepServerFields, metadataProblems, metadataUpdateProblems, tidyMetadata } from "./metadata.ts";
import { badRequest, bodyKind, type FieldProblem, invalid, invalidValue } from "./status-error.ts";
import type { WriteOptions } from "./store.ts";

/** A copy of the body as an object of this kind, unknown fields pruned (or refused). */
export function decoded(kind: Kind, body: unknown, origin: Origin, options: WriteOptions): Json {
  if (!isObject(body)) {
    throw badRequest("the object provided is not a JSON object");
  }
  const draft = changeable(kind, body);
  checkIdentity(kind, draft);
  if (kind.custom) {
    checkMetadataTypes(kind, draft, origin);
  }
  // Whoever asks for no validation, as simulations do, knows the built-in kinds.
  const strangers = kind.custom || options.fieldValidation === undefined ? [] : pruneUnknown(kind, draft);
  const unknown = [...strangers, ...decodeBy(kind, draft, body, origin)];
  if (options.fieldValidation === "Strict" && unknown.length > 0) {
    throw undecodable(kind, body, origin, `strict decoding error: ${unknown.map(unknownText).join(", ")}`);
  }
  if (options.fieldValidation !== "Ignore") {
    for (const field of unknown) {
      options.warn?.(unknownText(field));
    }
  }
  tidyMetadata(child(draft, "metadata"));
  return draft;
}

/**
 * A copy. What admission does to an object it has done to all that is stored, so that frozen parts may be shared; but the rules of a
 * custom kind may be other ones by now.
 */
function changeable<T>(kind: Kind, stored: T): T {
  return kind.custom ? cloneJson(stored) : thaw(stored);
}

function unknownText(field: string): string {
  return `unknown field ${JSON.stringify(field)}`;
}

function decodeBy(kind: Kind, draft: Json, body: Json, origin: Origin): readonly string[] {
  try {
    return kind.rules.decode?.(draft) ?? [];
  } catch (error) {
    if (error instanceof DecodeError) {
      throw undecodable(kind, body, origin, error.message);
    }
    throw error;
  }
}

/** Of a custom resource: a map of metadata whose values are no strings can't be read at all. */
function checkMetadataTypes(kind: Kind, draft: Json, origin: Origin): void {
  for (const field of ["labels", "annotations"]) {
    const wrong = Object.values(part(part(draft, "metadata"), field)).find((value) => typeof value !== "string");
    if (wrong !== undefined) {
      const text = `json: cannot unmarshal ${goType(wrong)} into Go struct field ObjectMeta.${field} of type string`;
      throw undecodable(kind, draft, origin, text);
    }
  }
}

function checkIdentity(kind: Kind, draft: Json): void {
  const apiVersion = draft["apiVersion"] ?? apiVersionOf(kind);
  const name = draft["kind"] ?? kind.kind;
  if (apiVersion !== apiVersionOf(kind)) {
    throw badRequest(`the API version in the data (${String(apiVersion)}) does not match the expected API version (${apiVersionOf(kind)})`);
  }
  if (name !== kind.kind) {
    const about = String(part(draft, "metadata")["name"] ?? "");
    throw kind.custom
      ? invalid(bodyKind(kind, draft), about, [invalidValue("kind", name, `must be ${kind.kind}`)])
      : badRequest(
          `${String(name)} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: no kind ${JSON.stringify(name)} here`,
        );
  }
  draft["apiVersion"] = apiVersion;
  draft["kind"] = name;
}

/** Takes a decoded draft whose name is settled. */
export function admitCreate(kind: Kind, draft: Json, uid: string, createdAt: string, context: RuleContext): void {
  const meta = child(draft, "metadata");
  for (const key of ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"]) {
    delete meta[key];
  }
  meta["uid"] = uid;
  meta["creationTimestamp"] = createdAt;
  if (kind.rules.movesGeneration !== undefined) {
    meta["generation"] = 1;
  }
  if (kind.status) {
    delete draft["status"];
  }
  kind.rules.defaults?.(draft);
  kind.rules.prepareCreate?.(draft, context);
  const problems = metadataProblems(meta, kind.validateName);
  refuse(kind, draft, [...problems, ...(kind.rules.validate?.(draft, undefined, problems) ?? [])]);
}

/** Answers the object to store; `previous` itself where nothing changes. */
export function admitUpdate(kind: Kind, draft: Json, previous: Json, subresource: "status" | undefined, context: RuleContext): Json {
  const asked = subresource === "status" ? withStatus(kind, draft, previous) : draft;
  keepServerFields(child(asked, "metadata"), part(previous, "metadata"));
  if (subresource === undefined && kind.status) {
    restore(asked, changeable(kind, { status: previous["status"] }), "status");
  }
  kind.rules.defaults?.(asked);
  const next = subresource === undefined ? (context.mutate?.(kind, asked, previous) ?? asked) : asked;
  const meta = child(next, "metadata");
  kind.rules.prepareUpdate?.(next, previous, context);
  if (subresource === undefined && kind.rules.movesGeneration?.(next, previous)) {
    meta["generation"] = Number(meta["generation"] ?? 0) + 1;
  }
  meta["resourceVersion"] = part(previous, "metadata")["resourceVersion"];
  if (meta["managedFields"] === undefined) {
    restore(meta, part(previous, "metadata"), "managedFields");
  }
  if (shareParts(next, previous)) {
    return previous;
  }
  const finalizers = metadataUpdateProblems(meta, part(previous, "metadata"));
  const problems = [
    ...finalizers,
    // Custom resources run the generic check twice, and say it twice.
    ...(kind.custom ? finalizers : []),
    ...metadataProblems(meta, kind.validateName),
  ];
  refuse(kind, next, [...problems, ...(kind.rules.validate?.(next, previous, problems) ?? [])]);
  return next;
}

/** The previous object with the draft's status, and what else this kind lets a status write change. */
function withStatus(kind: Kind, draft: Json, previous: Json): Json {
  const { status: _status, ...others } = previous;
  const next = changeable(kind, others);
  restore(next, draft, "status");
  const meta = child(next, "metadata");
  for (const field of kind.rules.statusKeeps ?? []) {
    restore(meta, part(draft, "metadata"), field);
  }
  return next;
}

function restore(target: Json, source: Json, field: string): void {
  if (source[field] === undefined) {
    delete target[field];
  } else {
    target[field] = source[field];
  }
}

function refuse(kind: Kind, draft: Json, problems: readonly FieldProblem[]): void {
  if (problems.length > 0) {
    throw invalid({ ...kind, group: kind.contentGroup }, String(part(draft, "metadata")["name"] ?? ""), problems);
  }
}
