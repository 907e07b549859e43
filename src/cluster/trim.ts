/**
 * What a store leaves out of the objects that it keeps. `managedFields` are two thirds of a Deployment's memory, and
 * nobody needs them but to say who set one field or another.
 */
import type { KubeObject, ManagedFields } from "../domain/kube.ts";

export type Trim = (object: KubeObject) => KubeObject;

export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/**
 * Keeps the managers of the given fields alone, for example `["spec", "progressDeadlineSeconds"]`. A manager of a whole
 * list or object that the field is in counts as the field's.
 */
export function withManagersOf(...paths: readonly (readonly string[])[]): Trim {
  return (object) => {
    const { managedFields } = object.metadata;
    if (managedFields === undefined) return object;
    const kept = managedFields.map((entry) => keepPaths(entry, paths)).filter((entry) => entry !== undefined);
    return { ...object, metadata: { ...object.metadata, managedFields: kept } };
  };
}

/** The managers of one field, newest format (`fieldsV1`); works on whole and on trimmed objects. */
export function managersOf(object: KubeObject, path: readonly string[]): readonly ManagedFields[] {
  return (object.metadata.managedFields ?? []).filter((entry) => owned(entry.fieldsV1, path) !== undefined);
}

function keepPaths(entry: ManagedFields, paths: readonly (readonly string[])[]): ManagedFields | undefined {
  const trees = paths.map((path) => owned(entry.fieldsV1, path)).filter((tree) => tree !== undefined);
  return trees.length === 0 ? undefined : { ...entry, fieldsV1: trees.reduce(mergeTrees) };
}

type FieldTree = { readonly [key: string]: FieldTree };

/** The branch of an ownership tree that leads to the path; undefined where the path is not owned. */
function owned(tree: unknown, path: readonly string[]): FieldTree | undefined {
  const [head, ...rest] = path;
  if (typeof tree !== "object" || tree === null) return undefined;
  if (head === undefined || Object.keys(tree).length === 0) return {};
  const branch = owned((tree as FieldTree)[`f:${head}`], rest);
  return branch === undefined ? undefined : { [`f:${head}`]: branch };
}

function mergeTrees(a: FieldTree, b: FieldTree): FieldTree {
  const merged: Record<string, FieldTree> = { ...a };
  for (const [key, branch] of Object.entries(b)) merged[key] = mergeTrees(merged[key] ?? {}, branch);
  return merged;
}
