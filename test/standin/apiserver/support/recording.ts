/** Recorded exchanges with a real API server, and how they compare with what the stand-in answers. */
import { readFileSync } from "node:fs";

export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly accept: string;
    readonly contentType: string;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly contentType: string;
    readonly warning?: string;
    readonly retryAfter?: string;
    readonly body: unknown;
  };
}

const FOLDER = new URL("../../../fixtures/kube-apiserver/", import.meta.url);

export function recorded(name: string): readonly Exchange[] {
  return (JSON.parse(readFileSync(new URL(`raw/${name}.json`, FOLDER), "utf8")) as { exchanges: Exchange[] }).exchanges;
}

export function fixtureText(path: string): string {
  return readFileSync(new URL(path, FOLDER), "utf8");
}

type Json = { [key: string]: unknown };

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Values that differ from server to server: what the recording calls X is Y here. Learnt from answers, put into later requests. */
export class Names {
  readonly #known = new Map<string, string>();
  /** By our uid. */
  readonly #created = new Map<string, unknown>();

  learn(theirs: unknown, ours: unknown, key = ""): void {
    if (Array.isArray(theirs) && Array.isArray(ours)) {
      theirs.forEach((item, index) => {
        this.learn(item, ours[index], key);
      });
    } else if (isObject(theirs) && isObject(ours)) {
      if (typeof ours["uid"] === "string" && ours["creationTimestamp"] !== undefined) {
        this.#created.set(ours["uid"], ours["creationTimestamp"]);
      }
      for (const [name, value] of Object.entries(theirs)) {
        this.learn(value, ours[name], name === "name" && theirs["generateName"] !== undefined ? "generated" : name);
      }
    } else if (
      ["resourceVersion", "uid", "generated", "continue"].includes(key) &&
      typeof theirs === "string" &&
      typeof ours === "string"
    ) {
      this.#known.set(theirs, ours);
    }
  }

  knows(theirs: string): boolean {
    return this.#known.has(theirs);
  }

  /** Whole values, and values inside of texts where they stand alone. */
  translate<T>(value: T): T {
    if (typeof value === "string") {
      return this.#text(value) as T;
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.translate(item)) as T;
    }
    if (!isObject(value)) {
      return value;
    }
    const fields: Json = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.translate(field)]));
    const created = this.#created.get(String(fields["uid"]));
    return (fields["creationTimestamp"] === undefined || created === undefined ? fields : { ...fields, creationTimestamp: created }) as T;
  }

  #text(text: string): string {
    return this.#known.get(text) ?? text.replace(/[0-9a-zA-Z]+(?:-[0-9a-zA-Z]+)*/g, (word) => this.#known.get(word) ?? word);
  }
}

const ANYTHING = "<any>";
const VARYING = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "lastTransitionTime",
  "lastUpdateTime",
  "clusterIP",
  "continue",
]);

/** Without what may differ: uids, versions, times, addresses, ages, managed fields. */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value === "string") {
    return comparableText(value);
  }
  if (!isObject(value)) {
    return value;
  }
  const generated = value["generateName"] !== undefined;
  const fields = Object.entries(value).filter(([key]) => key !== "managedFields");
  return Object.fromEntries(
    fields.map(([key, field]) => {
      if (typeof field === "string" && field !== "" && (VARYING.has(key) || (generated && key === "name"))) {
        return [key, ANYTHING];
      }
      if (key === "clusterIPs") {
        return [key, ANYTHING];
      }
      return [key, key === "cells" && Array.isArray(field) ? field.map(comparableCell) : comparable(field)];
    }),
  );
}

function comparableCell(cell: unknown): unknown {
  return typeof cell === "string" && /^\d+[smhd]$/.test(cell) ? ANYTHING : comparable(cell);
}

function comparableText(text: string): string {
  const quoted = /^(.*Invalid value: )("\{(?:[^"\\]|\\.)*\}")(.*)$/s.exec(text);
  if (quoted !== null) {
    return `${quoted[1]}${JSON.stringify(comparable(JSON.parse(JSON.parse(quoted[2] ?? "") as string)))}${quoted[3]}`;
  }
  return text.replace(/(too old resource version: \d+) \(\d+\)/, "$1").replace(/(current: )\d+/, "$1");
}
