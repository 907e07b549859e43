/**
 * OpenAPI documents, one for each group and version: kubectl reads in them that a kind's PATCH takes `fieldValidation` (then it leaves validation to
 * the server), by which keys lists are merged, and what `kubectl explain` prints. Built-in kinds have no descriptions.
 */
import { builtInName, SCHEMAS } from "../../sim/kube/fields/field-types.ts";
import { isObject, type Json, part } from "../../sim/kube/json.ts";
import { apiVersionOf, type Kind, type KindRegistry } from "../../sim/kube/kinds.ts";
import type { Reply } from "./context.ts";
import { pathsOf, type SchemaNames } from "./openapi-paths.ts";

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

const INFO = { title: "Kubernetes CRD Swagger", version: "v0.1.0" };

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

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const ON_EVERY_PATH = ["DeleteOptions", "Patch", "Status"].map((name) => `${META}.${name}`);

function documentOf(kinds: readonly Kind[]): object {
  const own = Object.assign({}, ...kinds.map(schemasOf)) as Record<string, Json>;
  const others = referred([own, ON_EVERY_PATH.map(reference)]);
  return {
    openapi: "3.0.0",
    info: INFO,
    paths: Object.assign({}, ...kinds.map((kind) => pathsOf(kind, `/${pathOf(kind)}`, namesOf(kind)))) as object,
    components: { schemas: { ...Object.fromEntries(others.map((name) => [name, SCHEMAS[name]])), ...own } },
  };
}

function namesOf(kind: Kind): SchemaNames {
  const group = kind.group === "" ? ["core"] : kind.group.split(".").reverse();
  const one = (kind.custom ? undefined : builtInName(kind)) ?? [...group, kind.version, kind.kind].join(".");
  return { one, list: `${one}List`, meta: META };
}

/** Of a kind and of its list. */
function schemasOf(kind: Kind): Record<string, Json> {
  const { one, list } = namesOf(kind);
  const text = { type: "string" };
  const gvk = (name: string) => [{ group: kind.group, kind: name, version: kind.version }];
  const listSchema: Json = {
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: text,
      items: { type: "array", items: reference(one) },
      kind: text,
      metadata: { allOf: [reference(`${META}.ListMeta`)] },
    },
    "x-kubernetes-group-version-kind": gvk(kind.listKind),
  };
  return { [one]: kind.custom ? customSchema(kind, gvk(kind.kind)) : (SCHEMAS[one] ?? { type: "object" }), [list]: listSchema };
}

function customSchema({ schema = {} }: Kind, gvk: readonly object[]): Json {
  const text = { type: "string" };
  const metadata = { allOf: [reference(`${META}.ObjectMeta`)] };
  const properties = { ...part(published(schema), "properties"), apiVersion: text, kind: text, metadata };
  return { ...(published(schema) as Json), type: "object", properties, "x-kubernetes-group-version-kind": gvk };
}

/** A schema of a definition as it is told: what may be a number or a text is both. */
function published(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(published);
  }
  if (!isObject(schema)) {
    return schema;
  }
  const both = schema["x-kubernetes-int-or-string"] === true ? { anyOf: [{ type: "integer" }, { type: "string" }] } : {};
  return { ...both, ...Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, published(value)])) };
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** Names of the built-in schemas that these values refer to, and those in turn. */
function referred(values: readonly unknown[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (isObject(value)) {
      const name = typeof value["$ref"] === "string" ? (value["$ref"].split("/").at(-1) ?? "") : "";
      if (SCHEMAS[name] !== undefined && !found.has(name)) {
        found.add(name);
        visit(SCHEMAS[name]);
      }
      Object.values(value).forEach(visit);
    }
  };
  visit(values);
  return [...found];
}
