/** The paths of a kind in its OpenAPI document, with what each method takes and answers. */
import type { Json } from "../../sim/kube/json.ts";
import type { Kind } from "../../sim/kube/kinds.ts";

export interface SchemaNames {
  readonly one: string;
  readonly list: string;
  /** What the names of Kubernetes' own meta types begin with. */
  readonly meta: string;
}

/** By path, below `root`: `/apis/apps/v1`. */
export function pathsOf(kind: Kind, root: string, names: SchemaNames): Json {
  const operation = operationsOf(kind, names);
  const collection = `${root}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`;
  const place = kind.namespaced ? [inPath("namespace")] : [];
  const one = { parameters: [inPath("name"), ...place, PRETTY] };
  const whole = ["get", "put", "patch"] as const;
  return {
    ...(kind.namespaced && {
      [`${root}/${kind.plural}`]: { get: operation("list", "ForAllNamespaces"), parameters: query([...LIST, "pretty:string"].toSorted()) },
    }),
    [collection]: {
      get: operation("list"),
      post: operation("post"),
      delete: operation("deletecollection"),
      parameters: [...place, PRETTY],
    },
    [`${collection}/{name}`]: { ...each(whole, (verb) => operation(verb)), delete: operation("delete"), ...one },
    ...(kind.status && { [`${collection}/{name}/status`]: { ...each(whole, (verb) => operation(verb, "Status")), ...one } }),
  };
}

type Action = "list" | "post" | "deletecollection" | "get" | "put" | "patch" | "delete";

const LIST = [
  "allowWatchBookmarks:boolean",
  "continue:string",
  "fieldSelector:string",
  "labelSelector:string",
  "limit:integer",
  "resourceVersion:string",
  "resourceVersionMatch:string",
  "sendInitialEvents:boolean",
  "shardSelector:string",
  "timeoutSeconds:integer",
  "watch:boolean",
];
const WRITE = ["dryRun:string", "fieldManager:string", "fieldValidation:string"];

const PARAMETERS: Readonly<Record<Action, readonly string[]>> = {
  list: LIST,
  deletecollection: LIST,
  get: ["resourceVersion:string"],
  post: WRITE,
  put: WRITE,
  patch: [...WRITE, "force:boolean"],
  delete: [
    "dryRun:string",
    "gracePeriodSeconds:integer",
    "ignoreStoreReadErrorWithClusterBreakingPotential:boolean",
    "orphanDependents:boolean",
    "propagationPolicy:string",
  ],
};

/** In the names of operations: before the group, and behind the version. */
const WORDS: Readonly<Record<Action, string>> = {
  list: "list",
  deletecollection: "delete Collection",
  get: "read",
  post: "create",
  put: "replace",
  patch: "patch",
  delete: "delete",
};

const CODES: Readonly<Record<Action, readonly string[]>> = {
  list: ["200"],
  deletecollection: ["200"],
  get: ["200"],
  post: ["200", "201", "202"],
  put: ["200", "201"],
  patch: ["200"],
  delete: ["200", "202"],
};

function operationsOf(kind: Kind, names: SchemaNames): (action: Action, suffix?: string) => Json {
  const words = kind.group === "" ? ["core"] : kind.group.replace(/\.k8s\.io$/, "").split(".");
  const group = words.map(capital).join("");
  return (action, suffix = "") => {
    const scope = kind.namespaced && suffix !== "ForAllNamespaces" ? "Namespaced" : "";
    const [verb, more = ""] = WORDS[action].split(" ");
    const operationId = `${verb}${group}${capital(kind.version)}${more}${scope}${kind.kind}${suffix}`;
    const body = bodyOf(action, kind, names);
    return {
      tags: [`${group.charAt(0).toLowerCase()}${group.slice(1)}_${kind.version}`],
      operationId,
      ...(suffix !== "ForAllNamespaces" && { parameters: query(PARAMETERS[action]) }),
      ...(body !== undefined && { requestBody: body }),
      responses: { ...each(CODES[action], () => ({ content: answered(answerOf(action, names)) })), 401: {} },
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": { group: kind.group, version: kind.version, kind: kind.kind },
    };
  };
}

function answerOf(action: Action, { one, list, meta }: SchemaNames): string {
  switch (action) {
    case "list":
      return list;
    case "delete":
    case "deletecollection":
      return `${meta}.Status`;
    default:
      return one;
  }
}

function bodyOf(action: Action, kind: Kind, { one, meta }: SchemaNames): Json | undefined {
  switch (action) {
    case "post":
    case "put":
      return { content: answered(one), required: true };
    case "delete":
      return { content: answered(`${meta}.DeleteOptions`) };
    case "patch": {
      const kinds = ["json-patch+json", "merge-patch+json", ...(kind.custom ? [] : ["strategic-merge-patch+json"])];
      const types = ["apply-patch+yaml", ...kinds].map((type) => `application/${type}`);
      return { content: each(types, () => schema(`${meta}.Patch`)), required: true };
    }
    default:
      return undefined;
  }
}

function answered(name: string): Json {
  return each(["application/json", "application/yaml"], () => schema(name));
}

function schema(name: string): Json {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}

/** Of `name:type`. */
function query(parameters: readonly string[]): Json[] {
  return parameters.map((parameter) => {
    const [name, type] = parameter.split(":");
    return { name, in: "query", schema: { type, uniqueItems: true } };
  });
}

function inPath(name: string): Json {
  return { name, in: "path", required: true, schema: { type: "string", uniqueItems: true } };
}

const [PRETTY = {}] = query(["pretty:string"]);

function each<K extends string, V>(keys: readonly K[], of: (key: K) => V): Record<string, V> {
  return Object.fromEntries(keys.map((key) => [key, of(key)]));
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
