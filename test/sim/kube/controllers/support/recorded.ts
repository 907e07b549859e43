/** Recorded exchanges with a real API server, and objects made comparable with ours: without ids, versions, times, hashes and addresses. */
import { readFileSync } from "node:fs";
import type { KubeObject } from "../../../../../src/domain/kube.ts";

export interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly contentType: string; readonly body?: unknown };
  readonly response: { readonly status: number; readonly body: unknown };
}

export interface Revision {
  readonly type: string;
  readonly object: KubeObject;
}

export function recorded(name: string): readonly Exchange[] {
  const file = new URL(`../../../../fixtures/kube-apiserver/raw/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { exchanges: Exchange[] }).exchanges;
}

const FORGOTTEN = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "lastTransitionTime",
  "lastUpdateTime",
  "startTime",
  "startedAt",
  "managedFields",
]);

/** Hashes become #1, #2 ... in the order in which their sets appear. */
export function hashNames(revisions: readonly Revision[]): (text: string) => string {
  const hashes = [...new Set(revisions.flatMap(({ object }) => podTemplateHash(object)))];
  return (text) => hashes.reduce((told, hash, index) => told.replaceAll(hash, `#${index + 1}`), text);
}

function podTemplateHash(object: KubeObject): readonly string[] {
  const { selector } = (object["spec"] ?? {}) as { selector?: { matchLabels?: Record<string, string> } };
  const hash = selector?.matchLabels?.["pod-template-hash"];
  return hash === undefined ? [] : [hash];
}

export function comparable(value: unknown, rename: (text: string) => string): unknown {
  if (typeof value === "string") {
    return rename(value).replace(/10\.244\.\d+\.\d+/, "10.244.x.x");
  }
  if (Array.isArray(value)) {
    return value.map((item) => comparable(item, rename));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const fields = Object.entries(value).filter(([key]) => !FORGOTTEN.has(key));
  return Object.fromEntries(fields.map(([key, field]) => [key, comparable(field, rename)]));
}
