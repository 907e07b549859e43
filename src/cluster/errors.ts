/**
 * Which `ApiError` an answer of the API server, or of something in its place, amounts to. Pure.
 *
 * A gateway's own pages (HTML) say nothing about objects or permissions: whatever their status, they are `retry`.
 */
import { ApiError, type ApiErrorKind, type Resource } from "../domain/kube.ts";

/** What was asked, in the words of RBAC. */
export interface Call {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete";
  readonly resource: Resource;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** An answer that is no success, or no object. */
export interface BadAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** The parts of a `Status` that decide. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

const DEFAULT_WAIT_MS = 1000;

/** `canaryrollouts/status` */
export function resourceText(call: Call): string {
  return call.subresource === undefined ? call.resource.plural : `${call.resource.plural}/${call.subresource}`;
}

export function errorOfAnswer(call: Call, answer: BadAnswer, now: number): ApiError {
  const status = parseStatus(answer.body);
  if (status === undefined && !isPlainNotFound(answer)) return errorOfForeignAnswer(call, answer, now);
  return errorOfStatus(call, { code: answer.status, ...status }, retryAfterMs(answer.retryAfter, now));
}

/** Also for the Status of an ERROR event, whose code is in the body alone. */
export function errorOfStatus(call: Call, status: Status, headerWaitMs?: number): ApiError {
  const code = status.code ?? 0;
  const seconds = status.details?.retryAfterSeconds;
  const waitMs = headerWaitMs ?? (seconds === undefined ? undefined : seconds * 1000);
  const reason = isTooLarge(status) ? "ResourceVersionTooLarge" : (status.reason ?? String(code));
  const kind = kindOf(code, reason, status, waitMs);
  return new ApiError({
    kind,
    status: code,
    reason,
    message: kind === "stalled" ? forbiddenMessage(call, status) : `${describe(call)}: ${status.message ?? `status ${code}`}`,
    verb: call.verb,
    resource: call.resource,
    ...(kind === "wait" ? { retryAfterMs: waitMs ?? DEFAULT_WAIT_MS } : {}),
  });
}

/** A page in place of an object: a proxy's login, a gateway's error, a body that was cut off. */
export function errorOfForeignAnswer(call: Call, answer: BadAnswer, now: number): ApiError {
  const waitMs = answer.status === 429 || answer.status === 503 ? retryAfterMs(answer.retryAfter, now) : undefined;
  const what = answer.contentType.includes("html") ? "an HTML page" : "something that is no Kubernetes object";
  return new ApiError({
    kind: waitMs === undefined ? "retry" : "wait",
    status: answer.status,
    reason: answer.status === 401 ? "Unauthorized" : "BadAnswer",
    message: `${describe(call)}: answered with status ${answer.status} and ${what}; is a proxy or a login page in the way?`,
    verb: call.verb,
    resource: call.resource,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** No answer at all: time-outs, connections that failed or broke, credentials that could not be had. */
export function errorWithoutAnswer(call: Call, reason: "Timeout" | "Unreachable" | "Credentials", cause: unknown): ApiError {
  const text = { Timeout: "no answer in time", Unreachable: "the API server cannot be reached", Credentials: "no credentials" }[reason];
  return new ApiError({
    kind: "retry",
    status: 0,
    reason,
    message: `${describe(call)}: ${text} (${innermostMessage(cause)})`,
    verb: call.verb,
    resource: call.resource,
    cause,
  });
}

export function errorFenced(call: Call): ApiError {
  return new ApiError({
    kind: "fenced",
    status: 0,
    reason: "Fenced",
    message: `${describe(call)}: not sent, this process does not hold the lease`,
    verb: call.verb,
    resource: call.resource,
  });
}

function kindOf(code: number, reason: string, status: Status, waitMs: number | undefined): ApiErrorKind {
  if (reason === "ResourceVersionTooLarge") return "wait";
  switch (code) {
    case 403:
      return status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") ? "gone" : "stalled";
    case 404:
    case 410:
      return "gone";
    case 409:
      return "conflict";
    case 422:
      return status.details?.causes?.length ? "invalid" : "conflict";
    case 429:
    case 503:
      return waitMs === undefined ? "retry" : "wait";
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
      return "invalid";
    default:
      return "retry";
  }
}

function isTooLarge(status: Status): boolean {
  return status.details?.causes?.some((cause) => cause.reason === "ResourceVersionTooLarge") ?? false;
}

/** An API group that is not served has no Status: plain "404 page not found". */
function isPlainNotFound(answer: BadAnswer): boolean {
  return answer.status === 404 && answer.contentType.startsWith("text/plain");
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status" ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds or an HTTP date, as milliseconds from now. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function describe(call: Call): string {
  const name = call.name === undefined ? "" : ` ${call.namespace ? `${call.namespace}/` : ""}${call.name}`;
  const place = call.name === undefined && call.namespace ? ` in namespace ${call.namespace}` : "";
  return `${call.verb} ${resourceText(call)}${name}${place}`;
}

/** Stable for one permission that is missing: no object names, so that conditions made of it don't flap. */
function forbiddenMessage(call: Call, status: Status): string {
  const place = call.namespace ? `namespace ${call.namespace}` : "the cluster";
  const subject = `may not ${call.verb} ${resourceText(call)}${call.resource.group ? ` of ${call.resource.group}` : ""} in ${place}`;
  if (!/ cannot \w+ resource /.test(status.message ?? "")) return `${subject}: ${status.message ?? "forbidden"}`;
  const rule = `{apiGroups: ["${call.resource.group}"], resources: ["${resourceText(call)}"], verbs: ["${call.verb}"]}`;
  return `${subject}; add the rule ${rule} to the ${call.namespace ? "Role" : "ClusterRole"} of Serin's service account`;
}

/** A failed fetch hides its reason: `AggregateError` of several addresses, or a chain of causes. */
function innermostMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return innermostMessage(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message || error.name : innermostMessage(error.cause);
}
