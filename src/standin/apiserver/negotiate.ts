/** The Accept header: plain JSON, tables, or metadata alone. Protobuf is passed over for the next choice. */
import { StatusError } from "../../sim/kube/status-error.ts";

export type Form = "object" | "table" | "metadata";

const FORMS: Readonly<Record<string, Form>> = {
  Table: "table",
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadata",
};

export function formOf(accept: string): Form {
  const choices = (accept === "" ? "*/*" : accept).split(",").map(parseMediaType);
  for (const { type, parameters } of choices) {
    const form = parameters["as"] === undefined ? "object" : FORMS[parameters["as"]];
    const known = form === "object" || (parameters["g"] === "meta.k8s.io" && (parameters["v"] === "v1" || parameters["v"] === "v1beta1"));
    if (["application/json", "application/*", "*/*"].includes(type) && form !== undefined && known) {
      return form;
    }
  }
  throw new StatusError(406, "NotAcceptable", "only the following media types will be accepted: application/json");
}

export function parseMediaType(text: string): { readonly type: string; readonly parameters: Readonly<Record<string, string>> } {
  const [type = "", ...pairs] = text.split(";").map((part) => part.trim());
  return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs.map((pair) => pair.split("=", 2))) };
}
