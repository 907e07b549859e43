/** Objects and lists in the form that the client asked for. */
import type { KubeObject } from "../../domain/kube.ts";
import type { Json } from "../../sim/kube/json.ts";
import { apiVersionOf, type Kind } from "../../sim/kube/kinds.ts";
import { columnsOf } from "./columns.ts";
import type { Form } from "./negotiate.ts";

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** `includeObject` of the query: what a table's rows carry. */
export type RowObject = "Metadata" | "Object" | "None";

export interface Presentation {
  readonly kind: Kind;
  readonly form: Form;
  readonly rowObject: RowObject;
  readonly now: number;
}

export function presentation(kind: Kind, form: Form, query: URLSearchParams, now: number): Presentation {
  const asked = query.get("includeObject");
  return { kind, form, now, rowObject: asked === "Object" || asked === "None" ? asked : "Metadata" };
}

export function objectBody(object: KubeObject, shown: Presentation): object {
  switch (shown.form) {
    case "object":
      return object;
    case "metadata":
      return partialMetadata(object);
    case "table":
      return tableBody([object], { resourceVersion: object.metadata.resourceVersion ?? "" }, shown, true);
  }
}

export function listBody(items: readonly KubeObject[], meta: ListMeta, shown: Presentation): object {
  const { kind } = shown;
  switch (shown.form) {
    case "table":
      return tableBody(items, meta, shown, true);
    case "metadata":
      return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: meta, items: items.map(partialMetadata) };
    case "object":
      return {
        kind: kind.listKind,
        apiVersion: apiVersionOf(kind),
        // Lists of custom resources always carry `continue`, and their items their kind; typed lists leave both out.
        metadata: kind.custom ? { continue: "", ...meta } : meta,
        items: kind.custom ? items : items.map(withoutKind),
      };
  }
}

/** Watches tell the columns with their first table only. */
export function tableBody(items: readonly KubeObject[], metadata: ListMeta, shown: Presentation, withColumns: boolean): object {
  const columns = columnsOf(shown.kind);
  const rows = items.map((object) => ({ cells: columns.cells(object as Json, shown.now), ...rowObject(object, shown.rowObject) }));
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: withColumns ? columns.definitions : null, rows };
}

function rowObject(object: KubeObject, wanted: RowObject): object {
  return wanted === "None" ? {} : { object: wanted === "Object" ? object : partialMetadata(object) };
}

export function partialMetadata(object: KubeObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

function withoutKind({ kind: _kind, apiVersion: _version, ...rest }: KubeObject): object {
  return rest;
}
