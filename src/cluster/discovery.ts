/** Which kinds an API server serves: a mesh's route kinds are there only where their CRDs were installed. */
import { ApiError, type Resource } from "../domain/kube.ts";
import type { Reads } from "./api.ts";
import { groupVersionPath } from "./paths.ts";

/** False where the group, the version or the kind is not served; throws an `ApiError` where nobody can tell. */
export async function resourceExists(client: Pick<Reads, "getPath">, resource: Resource, signal?: AbortSignal): Promise<boolean> {
  try {
    const { resources } = await client.getPath(groupVersionPath(resource), signal);
    return Array.isArray(resources) && resources.some((entry: { readonly name?: unknown }) => entry?.name === resource.plural);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}
