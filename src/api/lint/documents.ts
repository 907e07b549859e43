/**
 * From YAML text to objects that remember where each field was written. Objects inside a `List` count as documents of their own.
 *
 * Text that is no YAML becomes findings, the first of each document: what follows it is mostly its echo.
 */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments, visit } from "yaml";
import { pathText } from "../field-errors.ts";
import type { Path } from "../schema/hint.ts";
import type { Finding, Source } from "./finding.ts";

interface Position {
  readonly line: number;
  readonly column: number;
}

/** One object of a file. */
export interface Manifest {
  readonly file: string;
  readonly object: Readonly<Record<string, unknown>>;
  /** Where a field is written; where its nearest parent is, when it is absent. */
  readonly at: (path: Path) => Position;
  /** The value as it is written; empty for an absent one. */
  readonly written: (path: Path) => string;
}

export interface Documents {
  readonly manifests: readonly Manifest[];
  readonly findings: readonly Finding[];
}

export function readDocuments(source: Source): Documents {
  const lines = new LineCounter();
  const documents: Document[] = [
    ...parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: "error" }),
  ];
  const results = documents.map((document) => readDocument(document, source, lines));
  return { manifests: results.flatMap(({ manifests }) => manifests), findings: results.flatMap(({ findings }) => findings) };
}

function readDocument(document: Document, source: Source, lines: LineCounter): Documents {
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [error] = document.errors;
  if (error !== undefined) {
    const place = { file: source.name, ...positionOf(error.pos[0]) };
    return { manifests: [], findings: [{ ...place, ...syntaxFinding(document, error) }] };
  }
  const root = asObject(document);
  if ("problem" in root)
    return { manifests: [], findings: [{ file: source.name, ...positionOf(0), path: "", value: undefined, ...root.problem }] };
  const manifests = objectsIn(root.value, []).map(({ object, prefix }): Manifest => {
    const find = (path: Path) => placeOf(document, [...prefix, ...path]);
    return {
      file: source.name,
      object,
      at: (path) => positionOf(find(path).offset),
      written(path) {
        const { value } = find(path);
        return value?.range ? source.text.slice(value.range[0], value.range[1]) : "";
      },
    };
  });
  return { manifests, findings: [] };
}

function syntaxFinding(document: Document, error: { code: string; message: string; pos: [number, number] }) {
  if (error.code !== "DUPLICATE_KEY")
    return { path: "", value: undefined, message: `cannot be read as YAML: ${error.message}`, fix: "correct the syntax here" };
  const path = pathText(keyPathAt(document, error.pos[0]));
  return { path, value: undefined, message: "is written twice in one map", fix: "keep one of the two" };
}

/** The path of the key that starts at this offset. */
function keyPathAt(document: Document, offset: number): Path {
  let found: Path = [];
  visit(document, {
    Pair(_, pair, ancestors) {
      if (isNode(pair.key) && pair.key.range?.[0] === offset) found = pathOf([...ancestors, pair]);
    },
  });
  return found;
}

function pathOf(ancestors: readonly (Document | Node | Pair)[]): Path {
  return ancestors.flatMap((node, i): Path => {
    if (isPair(node)) return [keyText(node)];
    const next = ancestors[i + 1];
    return isSeq(node) && next !== undefined ? [node.items.indexOf(next)] : [];
  });
}

function isPair(node: Document | Node | Pair): node is Pair {
  return "key" in node;
}

function keyText({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

type AsObject = { readonly value: unknown } | { readonly problem: { readonly message: string; readonly fix: string } };

function asObject(document: Document): AsObject {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: { message: `cannot be read as YAML: ${message}`, fix: "write the values out instead of using anchors" } };
  }
}

function objectsIn(value: unknown, prefix: Path): { object: Readonly<Record<string, unknown>>; prefix: Path }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const object = value as Readonly<Record<string, unknown>>;
  const { kind, items } = object;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [{ object, prefix }];
  return items.flatMap((item, index) => objectsIn(item, [...prefix, "items", index]));
}

interface Place {
  readonly offset: number;
  readonly value: Node | undefined;
}

function placeOf(document: Document, path: Path): Place {
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    const next = stepInto(document, node, step);
    if (next === undefined) return { offset, value: undefined };
    node = next.value;
    offset = next.offset;
  }
  return { offset, value: node };
}

/** A short value is pointed at itself, a map or list by its key. */
function stepInto(document: Document, node: Node | undefined, step: string | number): Place | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return isNode(item) ? { offset: item.range?.[0] ?? 0, value: resolved(document, item) } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((candidate) => keyText(candidate) === String(step));
  if (pair === undefined || !isNode(pair.key)) return undefined;
  const value = isNode(pair.value) ? pair.value : undefined;
  const pointed = isScalar(value) && value.source !== "" ? value : pair.key;
  return { offset: pointed.range?.[0] ?? 0, value: resolved(document, value) };
}

function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}
