/**
 * The protobuf bodies that kubectl sends where it has Go types of its own (`create namespace`, `create configmap`, `auth can-i`), read as the JSON
 * that they stand for. A kind is read when its messages are told here; the field numbers are those of Kubernetes' generated.proto files.
 */
import { isObject, type Json } from "../../sim/kube/json.ts";
import { fieldsOf, type WireField } from "./protobuf-wire.ts";

type Type = "text" | "bytes" | "textMap" | "bytesMap" | Message;
interface Message {
  readonly [number: number]: readonly [name: string, type: Type, more?: "list"];
}

const META: Message = {
  1: ["name", "text"],
  2: ["generateName", "text"],
  3: ["namespace", "text"],
  5: ["uid", "text"],
  6: ["resourceVersion", "text"],
  11: ["labels", "textMap"],
  12: ["annotations", "textMap"],
  14: ["finalizers", "text", "list"],
};
const RESOURCE_ATTRIBUTES: Message = {
  1: ["namespace", "text"],
  2: ["verb", "text"],
  3: ["group", "text"],
  4: ["version", "text"],
  5: ["resource", "text"],
  6: ["subresource", "text"],
  7: ["name", "text"],
};
const REVIEW_SPEC: Message = {
  1: ["resourceAttributes", RESOURCE_ATTRIBUTES],
  2: ["nonResourceAttributes", { 1: ["path", "text"], 2: ["verb", "text"] }],
};

/** By apiVersion and kind. */
const MESSAGES: Readonly<Record<string, Message>> = {
  "v1 Namespace": { 1: ["metadata", META], 2: ["spec", { 1: ["finalizers", "text", "list"] }] },
  "v1 ConfigMap": { 1: ["metadata", META], 2: ["data", "textMap"], 3: ["binaryData", "bytesMap"] },
  "v1 Secret": { 1: ["metadata", META], 2: ["data", "bytesMap"], 3: ["type", "text"], 4: ["stringData", "textMap"] },
  "v1 ServiceAccount": { 1: ["metadata", META] },
  "authorization.k8s.io/v1 SelfSubjectAccessReview": { 1: ["metadata", META], 2: ["spec", REVIEW_SPEC] },
};

export const PROTOBUF = "application/vnd.kubernetes.protobuf";
const MAGIC = Buffer.from("k8s\0");
const ENVELOPE: Message = { 1: ["type", { 1: ["apiVersion", "text"], 2: ["kind", "text"] }], 2: ["raw", "bytes"] };

/** undefined: not such a body, or of a kind that is not told here. */
export function objectOfProtobuf(body: Buffer): Json | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    return undefined;
  }
  const { type, raw } = decoded(ENVELOPE, body.subarray(MAGIC.length));
  const { apiVersion, kind } = isObject(type) ? type : {};
  const message = MESSAGES[`${String(apiVersion)} ${String(kind)}`];
  return message && { apiVersion, kind, ...decoded(message, Buffer.from(String(raw ?? ""), "base64")) };
}

function decoded(message: Message, bytes: Buffer): Json {
  const object: Json = {};
  for (const field of fieldsOf(bytes)) {
    const [name, type, more] = message[field.number] ?? [];
    if (name === undefined || type === undefined) {
      continue;
    }
    const value = contentOf(type, field);
    if (more === "list") {
      object[name] = [...((object[name] as unknown[] | undefined) ?? []), value];
    } else if (isObject(value) && isObject(object[name])) {
      Object.assign(object[name], value);
    } else if (value !== "") {
      object[name] = value;
    }
  }
  return object;
}

function contentOf(type: Type, { bytes }: WireField): unknown {
  switch (type) {
    case "text":
      return bytes.toString("utf8");
    case "bytes":
      return bytes.toString("base64");
    case "textMap":
    case "bytesMap": {
      const { key = "", value = "" } = decoded({ 1: ["key", "text"], 2: ["value", type === "textMap" ? "text" : "bytes"] }, bytes);
      return { [String(key)]: value };
    }
    default:
      return decoded(type, bytes);
  }
}
