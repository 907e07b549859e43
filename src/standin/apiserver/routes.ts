/** Paths of the Kubernetes API as requests for resources: `/apis/<group>/<version>/namespaces/<ns>/<plural>/<name>/<subresource>`. */
import type { Kind, KindRegistry } from "../../sim/kube/kinds.ts";
import type { Verb } from "./context.ts";

export interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: "status" | "scale" | undefined;
}

/** undefined: no such path. */
export function targetOf(path: string, kinds: KindRegistry): Target | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const decodedParts = parts.map(decodeURIComponent);
  const [root, ...rest] = decodedParts;
  if (root === "api") {
    return inVersion("", rest[0] ?? "", rest.slice(1), kinds);
  }
  return root === "apis" ? inVersion(rest[0] ?? "", rest[1] ?? "", rest.slice(2), kinds) : undefined;
}

function inVersion(group: string, version: string, rest: readonly string[], kinds: KindRegistry): Target | undefined {
  // `/api/v1/namespaces/shop` is the namespace itself; with something behind it, it is where that lives.
  const within = rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize";
  const namespace = within ? (rest[1] ?? "") : "";
  const [plural = "", name = "", subresource, ...more] = within ? rest.slice(2) : rest;
  const kind = kinds.find(group, version, plural);
  if (kind === undefined || more.length > 0 || (within && !kind.namespaced) || (name !== "" && kind.namespaced && !within)) {
    return undefined;
  }
  if (subresource === undefined) {
    return { kind, namespace, name, subresource };
  }
  const served = (subresource === "status" && kind.status) || (subresource === "scale" && kind.scale !== undefined);
  return served ? { kind, namespace, name, subresource } : undefined;
}

/** undefined: this method does nothing here (405). */
export function verbOf(method: string, target: Target, query: URLSearchParams): Verb | undefined {
  const one = target.name !== "";
  switch (method) {
    case "GET":
      return one ? "get" : isTrue(query.get("watch")) ? "watch" : "list";
    case "POST":
      return one ? undefined : "create";
    case "PUT":
      return one ? "update" : undefined;
    case "PATCH":
      return one ? "patch" : undefined;
    case "DELETE":
      return target.subresource === undefined ? (one ? "delete" : "deletecollection") : undefined;
    default:
      return undefined;
  }
}

export function isTrue(value: string | null): boolean {
  return value === "true" || value === "1";
}
