/**
 * What a controller decided to write, as data, and its execution against the store.
 *
 * A `replace` or `status` carries the resourceVersion that was read, so it fails where somebody else wrote in between. Where one plan writes an
 * object twice, the second write goes on from the first.
 */
import type { KubeObject, Resource } from "../../../domain/kube.ts";
import { StatusError } from "../status-error.ts";
import type { DeletionOptions, KubeStore, Patch } from "../store.ts";

export type Write =
  | { readonly verb: "create"; readonly object: KubeObject }
  | { readonly verb: "replace" | "status"; readonly object: KubeObject }
  | { readonly verb: "patch"; readonly object: KubeObject; readonly patch: Patch }
  | { readonly verb: "delete"; readonly object: KubeObject; readonly options?: DeletionOptions };

/** What to do about a refusal: go on without this write, or end the plan with the error. */
export type OnRefusal = (write: Write, error: StatusError) => "go on" | "end";

/** What was done: the verb, and the object as it is stored now (of a deletion, as it was). */
export type Done = Pick<Write, "verb" | "object">;

/** Answers what was not refused. Throws the refusal that ends the plan; what was written before it stays. */
export function carryOut(store: KubeStore, writes: readonly Write[], onRefusal: OnRefusal = () => "end"): readonly Done[] {
  const versions = new Map<string, string | undefined>();
  const done: Done[] = [];
  for (const write of writes) {
    const written = attempt(store, write, versions, onRefusal);
    if (written?.metadata.uid !== undefined) {
      versions.set(written.metadata.uid, written.metadata.resourceVersion);
    }
    if (written !== undefined) {
      done.push({ verb: write.verb, object: written });
    }
  }
  return done;
}

function attempt(
  store: KubeStore,
  write: Write,
  versions: ReadonlyMap<string, string | undefined>,
  onRefusal: OnRefusal,
): KubeObject | undefined {
  try {
    return carryOutOne(store, write, versions);
  } catch (error) {
    if (error instanceof StatusError && onRefusal(write, error) === "go on") {
      return undefined;
    }
    throw error;
  }
}

function carryOutOne(store: KubeStore, write: Write, versions: ReadonlyMap<string, string | undefined>): KubeObject {
  const { object } = write;
  const { namespace = "", name, uid = "" } = object.metadata;
  const resource = resourceOf(store, object);
  switch (write.verb) {
    case "create":
      return store.create(resource, namespace, object);
    case "replace":
    case "status": {
      const resourceVersion = versions.get(uid) ?? object.metadata.resourceVersion;
      const current = { ...object, metadata: { ...object.metadata, ...(resourceVersion && { resourceVersion }) } };
      return store.replace(resource, namespace, name, current, write.verb === "status" ? { subresource: "status" } : {});
    }
    case "patch":
      return store.patch(resource, namespace, name, write.patch);
    case "delete":
      store.delete(resource, namespace, name, { ...(uid && { uid }), ...write.options });
      return object;
  }
}

function resourceOf(store: KubeStore, object: KubeObject): Resource {
  const kind = store.kinds.byKind(object.apiVersion, object.kind);
  if (kind === undefined) {
    throw new Error(`no kind ${object.kind} of ${object.apiVersion} in the store`);
  }
  return kind;
}
