/**
 * The body of a watch: one JSON event a line, cut anywhere into chunks.
 */
import type { ApiError, KubeObject } from "../domain/kube.ts";
import { linesOf } from "../domain/lines.ts";
import type { WatchEvent } from "./api.ts";
import { type Call, errorOfForeignAnswer, errorOfStatus, type Status } from "./errors.ts";

export async function* watchEvents(call: Call, body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of linesOf(body, () => foreign(call))) yield parseEvent(call, line);
}

function parseEvent(call: Call, line: string): WatchEvent {
  const event = parseJson(line);
  if (!isRecord(event) || !isRecord(event["object"])) throw foreign(call);
  const object = event["object"];
  switch (event["type"]) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (!isRecord(object["metadata"]) || typeof object["metadata"]["name"] !== "string") throw foreign(call);
      return { type: event["type"], object: object as unknown as KubeObject };
    case "BOOKMARK":
      return { type: "BOOKMARK", resourceVersion: resourceVersionOf(call, object["metadata"]) };
    case "ERROR":
      return { type: "ERROR", error: errorOfStatus(call, object as Status) };
    default:
      throw foreign(call);
  }
}

function resourceVersionOf(call: Call, metadata: unknown): string {
  if (!isRecord(metadata) || typeof metadata["resourceVersion"] !== "string") throw foreign(call);
  return metadata["resourceVersion"];
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function foreign(call: Call): ApiError {
  return errorOfForeignAnswer(call, { status: 200, contentType: "", retryAfter: undefined, body: "" }, 0);
}
