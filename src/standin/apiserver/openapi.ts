/**
 * As much of OpenAPI as kubectl wants before it writes: that a kind's PATCH takes `fieldValidation` (then it leaves validation to the server), and
 * the schemas of custom resources for `kubectl explain`.
 */
import { isObject, type Json } from "../../sim/kube/json.ts";
import { apiVersionOf, type Kind, type KindRegistry } from "../../sim/kube/kinds.ts";
import type { Reply } from "./context.ts";

export function openApiReply(path: string, accept: string, kinds: KindRegistry): Reply | undefined {
  if (path === "/openapi/v2") {
    return accept.includes("protobuf") ? emptyV2() : { status: 200, body: { swagger: "2.0", info: INFO, paths: {}, definitions: {} } };
  }
  if (path === "/openapi/v3") {
    return {
      status: 200,
      body: { paths: Object.fromEntries(groupPaths(kinds).map((at) => [at, { serverRelativeURL: `/openapi/v3/${at}` }])) },
    };
  }
  const at = path.startsWith("/openapi/v3/") ? path.slice("/openapi/v3/".length) : undefined;
  return at !== undefined && groupPaths(kinds).includes(at)
    ? { status: 200, body: documentOf(kinds.all().filter((kind) => pathOf(kind) === at)) }
    : undefined;
}

const INFO = { title: "Serin stand-in", version: "v1" };

/** An OpenAPI 2 document without definitions: field 1 (swagger) of the message is "2.0", and nothing else is said. */
function emptyV2(): Reply {
  const contentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  return { status: 200, contentType, body: Buffer.from([0x0a, 3, ...Buffer.from("2.0")]) };
}

function pathOf(kind: Kind): string {
  return kind.group === "" ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
}

function groupPaths(kinds: KindRegistry): string[] {
  return [...new Set(kinds.all().map(pathOf))];
}

function documentOf(kinds: readonly Kind[]): object {
  return {
    openapi: "3.0.0",
    info: INFO,
    paths: Object.fromEntries(kinds.map((kind) => [objectPath(kind), operationsOf(kind)])),
    components: { schemas: Object.fromEntries(kinds.map((kind) => [schemaName(kind), schemaOf(kind)])) },
  };
}

function objectPath(kind: Kind): string {
  return `/${pathOf(kind)}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}/{name}`;
}

function operationsOf(kind: Kind): object {
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const schema = { $ref: `#/components/schemas/${schemaName(kind)}` };
  const operation = (action: string) => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk,
    parameters: ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({ name, in: "query", schema: { type: "string" } })),
    responses: { 200: { description: "OK", content: { "application/json": { schema } } } },
  });
  return { get: operation("get"), put: operation("put"), patch: operation("patch"), delete: operation("delete") };
}

function schemaName(kind: Kind): string {
  const group = kind.group === "" ? ["core"] : kind.group.split(".").reverse();
  return [...group, kind.version, kind.kind].join(".");
}

function schemaOf(kind: Kind): object {
  const gvk = [{ group: kind.group, version: kind.version, kind: kind.kind }];
  const known = kind.schema === undefined ? { type: "object" } : withoutRules(kind.schema);
  return { ...(known as Json), "x-kubernetes-group-version-kind": gvk };
}

function withoutRules(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(withoutRules);
  }
  return isObject(schema)
    ? Object.fromEntries(
        Object.entries(schema)
          .filter(([key]) => key !== "x-kubernetes-validations")
          .map(([key, value]) => [key, withoutRules(value)]),
      )
    : schema;
}
