/** One object, seen through another version of its resource: CustomResourceDefinitions change the apiVersion only, events their field names too. */
import type { KubeObject } from "../../domain/kube.ts";
import { deepFreeze, type Json } from "./json.ts";
import { apiVersionOf, type Kind, type KindRegistry } from "./kinds.ts";

export function view(kinds: KindRegistry, object: KubeObject, kind: Kind): KubeObject {
  const stored = kinds.stored(kind.storage);
  if (stored === kind || stored === undefined || object.apiVersion === apiVersionOf(kind)) {
    return object;
  }
  const converted = kind.convert === undefined ? { ...object, apiVersion: apiVersionOf(kind) } : kind.convert.fromStored(object as Json);
  return deepFreeze(converted as KubeObject);
}

export function toStored(kinds: KindRegistry, object: Json, kind: Kind): Json {
  const stored = kinds.stored(kind.storage) ?? kind;
  if (stored === kind) {
    return object;
  }
  return kind.convert === undefined ? { ...object, apiVersion: apiVersionOf(stored) } : kind.convert.toStored(object);
}
