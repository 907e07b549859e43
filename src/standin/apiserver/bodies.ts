/** Bodies of requests as the values that they stand for. */
import { parse as parseYaml } from "yaml";
import { badRequest, unsupportedMediaType } from "../../sim/kube/status-error.ts";
import { parseMediaType } from "./negotiate.ts";
import { objectOfProtobuf, PROTOBUF } from "./protobuf.ts";

const BODY_TYPES = ["application/json", "application/yaml"];

/** Throws 415 for other formats, and for protobuf of kinds that it can't read; 400 for what is malformed. */
export function parseBody({ body, contentType }: { readonly body: Buffer; readonly contentType: string }): unknown {
  const { type } = parseMediaType(contentType);
  const object = type === PROTOBUF ? objectOfProtobuf(body) : undefined;
  if (object !== undefined) {
    return object;
  }
  if (type !== "" && !BODY_TYPES.includes(type)) {
    throw unsupportedMediaType(BODY_TYPES);
  }
  return parsed(body, type === "application/yaml");
}

/** JSON, or YAML where it is allowed. */
export function parsed(body: Buffer, yaml = false): unknown {
  const text = body.toString("utf8");
  try {
    return yaml ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding the body: ${error instanceof Error ? error.message : String(error)}`);
  }
}
