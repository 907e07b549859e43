/**
 * Where things are on an API server: paths and queries. An empty or absent namespace means all namespaces for a
 * collection, and a cluster-scoped object for a name.
 */
import type { Resource } from "../domain/kube.ts";

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

export function groupVersionPath(resource: Resource): string {
  return resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
}

export function collectionPath(resource: Resource, namespace?: string): string {
  const scope = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${groupVersionPath(resource)}${scope}/${resource.plural}`;
}

export function objectPath(resource: Resource, namespace: string, name: string, subresource?: string): string {
  const suffix = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}${suffix}`;
}

/** `?a=1&b=2`, without the parameters that are undefined or empty; "" where none is left. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
