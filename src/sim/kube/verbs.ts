/** The controller's verbs over the model: what `cluster/` asks over HTTP, asked of the store itself, with the same errors. */
import { type Call, errorOfStatus } from "../../cluster/errors.ts";
import type { Verbs } from "../../domain/kube.ts";
import { StatusError } from "./status-error.ts";
import type { KubeStore, Patch, WriteOptions } from "./store.ts";

/** `fieldManager`: the name under which the writes are noted down. */
export function storeVerbs(store: KubeStore, fieldManager?: string): Verbs {
  const patched = (call: Call, patch: Patch, options?: WriteOptions) =>
    answered(call, () => store.patch(call.resource, call.namespace ?? "", call.name ?? "", patch, { ...options, fieldManager }));
  return {
    get: (resource, namespace, name) => answered({ verb: "get", resource, namespace, name }, () => store.get(resource, namespace, name)),
    create(resource, object) {
      const { namespace = "", name } = object.metadata;
      return answered({ verb: "create", resource, namespace, name }, () => store.create(resource, namespace, object, { fieldManager }));
    },
    mergePatch: (resource, namespace, name, body) => patched({ verb: "patch", resource, namespace, name }, { type: "merge", body }),
    jsonPatch: (resource, namespace, name, body) => patched({ verb: "patch", resource, namespace, name }, { type: "json", body }),
    patchStatus: (resource, namespace, name, body) =>
      patched({ verb: "patch", resource, subresource: "status", namespace, name }, { type: "merge", body }, { subresource: "status" }),
    delete: (resource, namespace, name, options) =>
      answered({ verb: "delete", resource, namespace, name }, () => store.delete(resource, namespace, name, options).gone),
  };
}

async function answered<T>(call: Call, ask: () => T): Promise<T> {
  try {
    return ask();
  } catch (error) {
    throw error instanceof StatusError ? errorOfStatus(call, error.status) : error;
  }
}
