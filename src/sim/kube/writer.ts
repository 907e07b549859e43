/** The five writes, over the tables: who may, whether it is still the same object, and what a deletion leaves. */
import type { KubeObject, Resource } from "../../domain/kube.ts";
import { admitCreate, admitUpdate, decoded } from "./admission.ts";
import type { Origin } from "./decode-refusal.ts";
import { deletedOrMarked } from "./deletion.ts";
import { appliedObject } from "./fields/apply.ts";
import { schemaOf } from "./fields/field-types.ts";
import { child, deepFreeze, isObject, type Json, listOf, part } from "./json.ts";
import type { Kind, KindRegistry, RuleContext } from "./kinds.ts";
import { keepManagers, noteWriter } from "./note-writer.ts";
import { applyToObject } from "./patch.ts";
import { requireNamespace, settleName, settleNamespace } from "./placement.ts";
import { randomUid } from "./random.ts";
import { scaleOf, withScale } from "./scale.ts";
import { alreadyExists, badRequest, invalid, invalidValue, modified, notFound } from "./status-error.ts";
import type { KubeStore, Mutation, Patch, WriteOptions } from "./store.ts";
import type { Tables } from "./tables.ts";
import { secondsText } from "./time.ts";
import { toStored, view } from "./view.ts";

export interface World {
  readonly kinds: KindRegistry;
  readonly tables: Tables;
  readonly now: () => number;
  readonly random: () => number;
  readonly mutate: Mutation | undefined;
}

export function createWriter(world: World): Pick<KubeStore, "create" | "replace" | "patch" | "delete"> {
  return {
    create: (resource, namespace, object, options = {}) => create(world, world.kinds.require(resource), namespace, object, options),
    replace(resource, namespace, name, object, options = {}) {
      const kind = world.kinds.require(resource);
      const current = currentOf(world, kind, namespace, name);
      if (options.subresource === "scale") {
        return resized(world, kind, current, object as Json, options);
      }
      const draft = decoded(kind, object, "body", options);
      if (!kind.unconditionalUpdate && part(draft, "metadata")["resourceVersion"] === undefined) {
        throw invalid(kind, name, [invalidValue("metadata.resourceVersion", 0, "must be specified for an update")]);
      }
      return update(world, kind, current, draft, options);
    },
    patch(resource, namespace, name, patch, options = {}) {
      const kind = world.kinds.require(resource);
      if (patch.type === "apply") {
        return applied(world, kind, { namespace, name }, patch, options);
      }
      const current = currentOf(world, kind, namespace, name);
      if (options.subresource === "scale") {
        return resized(world, kind, current, applyToObject({}, scaleOf(kind, current as Json), patch), options);
      }
      const origin: Origin = patch.type === "strategic" ? { strategic: patch.body } : "patch";
      return update(world, kind, current, decoded(kind, applyToObject(schemaOf(kind), current as Json, patch), origin, options), options);
    },
    delete(resource: Resource, namespace, name, options = {}) {
      const kind = world.kinds.require(resource);
      const current = currentOf(world, kind, namespace, name);
      return deletedOrMarked(world, kind, current, options);
    },
  };
}

function currentOf({ kinds, tables }: World, kind: Kind, namespace: string, name: string): KubeObject {
  const stored = tables.get(kind.storage, namespace, name);
  if (stored === undefined) {
    throw notFound(kind, name);
  }
  return view(kinds, stored, kind);
}

/** Created or updated as its manager wants it. */
function applied(
  world: World,
  kind: Kind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { body, force }: Patch & { readonly type: "apply" },
  options: WriteOptions,
): KubeObject {
  const asked = isObject(body) ? body : {};
  if (part(asked, "metadata")["name"] !== name) {
    throw badRequest(
      `the name of the object (${String(part(asked, "metadata")["name"] ?? "")}) does not match the name on the URL (${name})`,
    );
  }
  const live = world.tables.get(kind.storage, namespace, name);
  const subresource = options.subresource === "status" ? "status" : undefined;
  if (live === undefined && subresource !== undefined) {
    throw notFound(kind, name);
  }
  const writer = { manager: options.fieldManager, operation: "Apply", subresource, time: secondsText(world.now()) } as const;
  const current = live && view(world.kinds, live, kind);
  const object = appliedObject({ kind, live: current as Json | undefined, applied: asked, writer, force });
  return current === undefined
    ? create(world, kind, namespace, object as unknown as KubeObject, options, keepManagers)
    : update(world, kind, current, decoded(kind, object, "body", options), options, keepManagers);
}

function create(world: World, kind: Kind, namespace: string, object: KubeObject, options: WriteOptions, note = noteWriter): KubeObject {
  const { tables, kinds, now, random } = world;
  const draft = decoded(kind, object, "body", options);
  const meta = child(draft, "metadata");
  settleNamespace(kind, meta, namespace);
  settleName(meta, random);
  requireNamespace(tables, kind, namespace, String(meta["name"]));
  admitCreate(kind, draft, randomUid(random), secondsText(now()), contextOf(world));
  if (tables.get(kind.storage, kind.namespaced ? namespace : "", String(meta["name"])) !== undefined) {
    throw alreadyExists(kind, String(meta["name"]));
  }
  note(kind, draft, undefined, options, now());
  if (options.dryRun) {
    return deepFreeze(draft) as unknown as KubeObject;
  }
  return view(kinds, tables.put(kind.storage, toStored(kinds, draft, kind)), kind);
}

function contextOf({ now, random, tables, mutate }: World, user = ""): RuleContext {
  return {
    mutate: mutate && ((kind, next, previous) => mutate(kind, next, previous, user)),
    now: now(),
    random,
    takenAddresses: () =>
      new Set(tables.list("/services", undefined, undefined).map((service) => String(part(service, "spec")["clusterIP"]))),
  };
}

function update(world: World, kind: Kind, current: KubeObject, draft: Json, options: WriteOptions, note = noteWriter): KubeObject {
  const { kinds, tables } = world;
  const { name, namespace } = current.metadata;
  const meta = child(draft, "metadata");
  if (meta["name"] !== undefined && meta["name"] !== name) {
    throw badRequest(`the name of the object (${String(meta["name"])}) does not match the name on the URL (${name})`);
  }
  if (meta["namespace"] !== undefined && meta["namespace"] !== namespace) {
    throw badRequest(
      `the namespace of the object (${String(meta["namespace"])}) does not match the namespace on the URL (${namespace ?? ""})`,
    );
  }
  Object.assign(meta, { name }, namespace === undefined ? {} : { namespace });
  if (meta["resourceVersion"] !== undefined && meta["resourceVersion"] !== current.metadata.resourceVersion) {
    throw modified(kind, name);
  }
  const subresource = options.subresource === "status" ? "status" : undefined;
  const next = admitUpdate(kind, draft, current as Json, subresource, contextOf(world, options.fieldManager));
  if (next === (current as Json)) {
    return current;
  }
  note(kind, next, current as Json, options, world.now());
  if (options.dryRun) {
    return deepFreeze(next) as unknown as KubeObject;
  }
  if (deletionIsComplete(next)) {
    const stored = tables.get(kind.storage, namespace ?? "", name);
    tables.remove(kind.storage, stored ?? current);
    return deepFreeze(next) as unknown as KubeObject;
  }
  return view(kinds, tables.put(kind.storage, toStored(kinds, next, kind)), kind);
}

/** The last finalizer went, and no grace period runs. */
function deletionIsComplete(object: Json): boolean {
  const meta = part(object, "metadata");
  return (
    meta["deletionTimestamp"] !== undefined && listOf(meta["finalizers"]).length === 0 && (meta["deletionGracePeriodSeconds"] ?? 0) === 0
  );
}

function resized(world: World, kind: Kind, current: KubeObject, scale: Json, options: WriteOptions): KubeObject {
  const draft = withScale(kind, current as Json, scale);
  return scaleOf(kind, update(world, kind, current, draft, options) as Json) as unknown as KubeObject;
}
