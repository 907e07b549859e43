/** What the server has: the plain lists of old clients, and aggregated discovery (apidiscovery.k8s.io/v2) of newer ones. */
import { createHash } from "node:crypto";
import { apiVersionOf, type Kind, type KindRegistry } from "../../sim/kube/kinds.ts";
import type { Reply } from "./context.ts";
import { parseMediaType } from "./negotiate.ts";
import { REVIEWS } from "./reviews.ts";

const BUILT_IN_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CUSTOM_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const SUBRESOURCE_VERBS = ["get", "patch", "update"];

/** A resource as discovery tells it: kinds, and the reviews that are answered but not kept. */
interface Listed {
  readonly kind: Pick<
    Kind,
    "group" | "version" | "plural" | "kind" | "singular" | "namespaced" | "shortNames" | "categories" | "custom" | "contentGroup"
  >;
  readonly verbs: readonly string[];
  readonly subresources: readonly { readonly name: string; readonly group: string; readonly version: string; readonly kind: string }[];
}

export function discoveryReply(path: string, accept: string, kinds: KindRegistry): Reply | undefined {
  const [root, group, version, ...more] = path.split("/").filter((part) => part !== "");
  const listed = allListed(kinds);
  if (root === "api") {
    const core = listed.filter(({ kind }) => kind.group === "");
    return group === undefined
      ? (aggregated(accept, core) ?? { status: 200, body: coreVersions() })
      : group === "v1" && version === undefined
        ? { status: 200, body: resourceList("v1", core) }
        : undefined;
  }
  const named = listed.filter(({ kind }) => kind.group !== "");
  if (root !== "apis" || more.length > 0) {
    return undefined;
  }
  if (group === undefined) {
    return aggregated(accept, named) ?? { status: 200, body: groupList(named) };
  }
  const inGroup = named.filter(({ kind }) => kind.group === group);
  if (version === undefined) {
    return inGroup.length === 0 ? undefined : { status: 200, body: { kind: "APIGroup", apiVersion: "v1", ...groupOf(group, inGroup) } };
  }
  const inVersion = inGroup.filter(({ kind }) => kind.version === version);
  return inVersion.length === 0 ? undefined : { status: 200, body: resourceList(`${group}/${version}`, inVersion) };
}

function allListed(kinds: KindRegistry): Listed[] {
  const stored = kinds.all().map((kind): Listed => {
    const status = kind.status ? [{ name: "status", group: kind.group, version: kind.version, kind: kind.kind }] : [];
    const scale = kind.scale === undefined ? [] : [{ name: "scale", group: "autoscaling", version: "v1", kind: "Scale" }];
    const verbs = kind.custom ? CUSTOM_VERBS : BUILT_IN_VERBS.filter((verb) => kind.plural !== "namespaces" || verb !== "deletecollection");
    return { kind, verbs, subresources: [...scale, ...status] };
  });
  return [...stored, ...REVIEWS.map((kind) => ({ kind, verbs: ["create"], subresources: [] }))];
}

function aggregated(accept: string, listed: readonly Listed[]): Reply | undefined {
  const wanted = accept.split(",").map(parseMediaType);
  const version = wanted.find(({ parameters }) => parameters["as"] === "APIGroupDiscoveryList")?.parameters["v"];
  if (version !== "v2" && version !== "v2beta1") {
    return undefined;
  }
  const groups = Map.groupBy(listed, ({ kind }) => kind.group);
  const items = [...groups].map(([group, resources]) => ({
    metadata: group === "" ? {} : { name: group },
    versions: [...Map.groupBy(resources, ({ kind }) => kind.version)].map(([name, inVersion]) => ({
      version: name,
      resources: inVersion.map(aggregatedResource),
      freshness: "Current",
    })),
  }));
  return {
    status: 200,
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items },
  };
}

function aggregatedResource({ kind, verbs, subresources }: Listed): object {
  return {
    resource: kind.plural,
    // Built-in kinds leave their own group and version out.
    responseKind: kind.custom ? { group: kind.group, version: kind.version, kind: kind.kind } : { group: "", version: "", kind: kind.kind },
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map(({ name, group, version, kind: response }) => ({
        subresource: name,
        responseKind: kind.custom || name === "scale" ? { group, version, kind: response } : { group: "", version: "", kind: response },
        verbs: SUBRESOURCE_VERBS,
      })),
    }),
  };
}

function coreVersions(): object {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
}

function groupList(listed: readonly Listed[]): object {
  const groups = [...Map.groupBy(listed, ({ kind }) => kind.group)].map(([group, resources]) => groupOf(group, resources));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

function groupOf(name: string, listed: readonly Listed[]) {
  const versions = [...new Set(listed.map(({ kind }) => kind.version))].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(groupVersion: string, listed: readonly Listed[]): object {
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: listed.flatMap(plainResources) };
}

/** By which a client sees that a kind is kept in another version now. */
function storageVersionHash({ contentGroup, version, kind }: Listed["kind"]): string {
  const hash = createHash("sha256").update(`${contentGroup}/${version}/${kind}`).digest();
  return hash.subarray(0, 8).toString("base64");
}

function plainResources({ kind, verbs, subresources }: Listed): object[] {
  const main = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(verbs.includes("watch") && { storageVersionHash: storageVersionHash(kind) }),
  };
  const own = apiVersionOf(kind);
  const parts = subresources.map(({ name, group, version, kind: response }) => ({
    name: `${kind.plural}/${name}`,
    singularName: "",
    namespaced: kind.namespaced,
    ...(apiVersionOf({ group, version }) !== own && { group, version }),
    kind: response,
    verbs: SUBRESOURCE_VERBS,
  }));
  return [main, ...parts];
}
