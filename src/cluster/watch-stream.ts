/**
 * The body of a watch: one JSON event a line, cut anywhere into chunks.
 */
import type { ApiError, KubeObject } from "../domain/kube.ts";
import type { WatchEvent } from "./api.ts";
import { type Call, errorOfForeignAnswer, errorOfStatus, type Status } from "./errors.ts";

/** A line of one event stays below the largest object that etcd keeps, by far. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

export async function* watchEvents(call: Call, body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of lines(call, body)) yield parseEvent(call, line);
}

async function* lines(call: Call, body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, piece] of pieces.entries()) {
      parts.push(piece);
      length += piece.length;
      if (length > MAX_LINE_CHARS) throw foreign(call);
      if (index === pieces.length - 1) continue;
      const line = parts.join("");
      parts = [];
      length = 0;
      if (line.trim() !== "") yield line;
    }
  }
  const rest = parts.join("");
  if (rest.trim() !== "") yield rest;
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
