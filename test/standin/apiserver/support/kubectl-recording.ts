/** The recorded commands of kubectl, and what of an answer must be the same. */
import { readdirSync, readFileSync } from "node:fs";
import type { Answer } from "./player.ts";
import { comparable, type Exchange } from "./recording.ts";

export interface Command {
  readonly name: string;
  readonly command: string;
  /** What it printed, and `rc N` at last. */
  readonly prints: readonly string[];
  readonly exchanges: readonly Exchange[];
}

const FOLDER = new URL("../../../fixtures/kube-apiserver/kubectl/", import.meta.url);

export function commands(): readonly Command[] {
  return known;
}

const known: readonly Command[] = readdirSync(FOLDER)
  .sort()
  .map((file) => ({
    name: file.replace(/\.json$/, ""),
    ...(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Omit<Command, "name">),
  }));

export function isWatch({ request }: Exchange): boolean {
  return request.path.includes("watch=true");
}

/** Answered in protobuf there; here in JSON, which kubectl accepts too. */
export function isProtobuf({ response }: Exchange): boolean {
  return response.contentType.includes("protobuf");
}

export function comparableAnswer(exchange: Exchange, { status, contentType, warning, body }: Partial<Answer>): unknown {
  if (isProtobuf(exchange)) {
    return { status };
  }
  const compared = isDefinition(body) ? withoutDefinition(body) : isOfSlices(exchange) ? withoutRows(body) : comparable(body);
  return { status, contentType, warning, body: normal(compared) };
}

/** The recorded cluster had no Node, without which a slice stays empty; the one here has. */
function isOfSlices({ request }: Exchange): boolean {
  return request.path.includes("/endpointslices");
}

function withoutRows(body: unknown): unknown {
  const { rows: _rows, ...table } = body as { readonly rows?: unknown };
  return comparable(table);
}

/** The recording leaves a new definition's spec out; here its names are accepted at once, there by a controller. */
function isDefinition(body: unknown): body is { readonly status?: unknown; readonly spec?: unknown } {
  return (body as { kind?: string } | undefined)?.kind === "CustomResourceDefinition";
}

function withoutDefinition({ status: _status, spec: _spec, ...rest }: { readonly status?: unknown; readonly spec?: unknown }): unknown {
  return comparable(rest);
}

/** Names end in hashes and random letters, addresses are drawn. */
const GENERATED = /\bweb-[0-9a-z]{5,10}(-[0-9a-z]{5})?\b/g;

function normal(value: unknown): unknown {
  if (typeof value === "string") {
    return value
      .replace(GENERATED, "web-<generated>")
      .replace(/(pod-template-hash=)[0-9a-z]+/, "$1<generated>")
      .replace(/\b10\.(96|244)\.\d+\.\d+\b/g, "10.$1.x.x");
  }
  if (Array.isArray(value)) {
    return value.map((item) => normal(item));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fieldOf(key, normal(field))]));
}

function fieldOf(key: string, value: unknown): unknown {
  if (key === "pod-template-hash") {
    return "<generated>";
  }
  // How many steps a controller took to a set's size depends on when each pod was ready.
  if (key === "metadata" && isOfReplicaSet(value)) {
    const { generation: _steps, ...metadata } = value;
    return metadata;
  }
  // The words beside the columns of built-in kinds, which kubectl does not show, are not kept here.
  if (key === "columnDefinitions" && Array.isArray(value)) {
    return value.map(({ description: _words, ...column }: { readonly description?: string }) => column);
  }
  // Rows come in the order of their names, of which these end in hashes.
  return key === "rows" && Array.isArray(value) ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;
}

function isOfReplicaSet(value: unknown): value is { readonly generation?: number } {
  const { labels, generation } = value as { labels?: Record<string, string>; generation?: number };
  return labels?.["pod-template-hash"] !== undefined && generation !== undefined && generation > 1;
}
