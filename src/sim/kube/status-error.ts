/** What the API server says when it refuses: a Kubernetes Status, thrown. Texts are the real server's. */
import { isObject, type Json } from "./json.ts";

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: object;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status & { readonly code: number };

  /** `reason` "": none is told. */
  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    const said = { message, ...(reason !== "" && { reason }), ...(details && { details }) };
    this.status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", ...said, code };
  }
}

/** What errors name: `deployments.apps "web"` for look-ups, `Deployment.apps "web"` for content. */
export interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** One finding about a field, as `field.Error` of apimachinery. */
export interface FieldProblem {
  readonly reason:
    | "FieldValueInvalid"
    | "FieldValueRequired"
    | "FieldValueForbidden"
    | "FieldValueTypeInvalid"
    | "FieldValueNotSupported"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueDuplicate";
  readonly field: string;
  readonly message: string;
}

export function invalidValue(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${quoteValue(value)}: ${detail}` };
}

export function requiredValue(field: string, detail = ""): FieldProblem {
  return { reason: "FieldValueRequired", field, message: detail === "" ? "Required value" : `Required value: ${detail}` };
}

export function forbiddenValue(field: string, detail: string): FieldProblem {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${detail}` };
}

export function unsupportedValue(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const names = supported.map((name) => JSON.stringify(name)).join(", ");
  return { reason: "FieldValueNotSupported", field, message: `Unsupported value: ${quoteValue(value)}: supported values: ${names}` };
}

function quoteValue(value: unknown): string {
  return isObject(value) || Array.isArray(value) ? JSON.stringify(JSON.stringify(value)) : JSON.stringify(value ?? null);
}

export function notFound(kind: Named, name: string): StatusError {
  return new StatusError(404, "NotFound", `${resourceName(kind)} ${JSON.stringify(name)} not found`, details(kind, kind.plural, name));
}

export function noSuchResource(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", {});
}

export function alreadyExists(kind: Named, name: string): StatusError {
  const message = `${resourceName(kind)} ${JSON.stringify(name)} already exists`;
  return new StatusError(409, "AlreadyExists", message, details(kind, kind.plural, name));
}

export function modified(kind: Named, name: string): StatusError {
  const message = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resourceName(kind), details(kind, kind.plural, name), message);
}

/** A failed precondition of a deletion: here Kubernetes names the kind, not the resource. */
export function preconditionFailed(kind: Named, name: string, message: string): StatusError {
  return conflict(kindName(kind), details(kind, kind.kind, name), message);
}

function conflict(subject: string, of: StatusDetails, message: string): StatusError {
  return new StatusError(409, "Conflict", `Operation cannot be fulfilled on ${subject} ${JSON.stringify(of.name)}: ${message}`, of);
}

export function invalid(kind: Named, name: string, problems: readonly FieldProblem[]): StatusError {
  const texts = [...new Set(problems.map((problem) => `${problem.field}: ${problem.message}`))];
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = problems.map(({ reason, message, field }) => ({ reason, message, field }));
  const message = `${kindName(kind)} ${JSON.stringify(name)} is invalid: ${text}`;
  return new StatusError(422, "Invalid", message, { ...details(kind, kind.kind, name), causes });
}

/** A patch that could not be applied: no details, whether a `test` failed or a path was impossible. */
export function patchRefused(): StatusError {
  return new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function forbidden(kind: Named, name: string, message: string): StatusError {
  const text = `${resourceName(kind)} ${JSON.stringify(name)} is forbidden: ${message}`;
  return new StatusError(403, "Forbidden", text, details(kind, kind.plural, name));
}

export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", message);
}

/** A Kind that the body names, where it is not the one of the URL. */
export function bodyKind(kind: Named, body: Json): Named {
  return { ...kind, kind: typeof body["kind"] === "string" ? body["kind"] : kind.kind };
}

export function resourceName(kind: Named): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

function kindName(kind: Named): string {
  return kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
}

function details(kind: Named, named: string, name: string): StatusDetails {
  return { ...(name !== "" && { name }), ...(kind.group !== "" && { group: kind.group }), kind: named };
}
