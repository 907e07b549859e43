/**
 * Reads the wanted families out of Prometheus' text format in one pass.
 *
 * The hot path of direct scraping: 100 to 200 KB per proxy and scrape, of which a tenth is wanted. Lines of other families
 * are passed over without building anything, and a line that a selector refuses ends at the label that refuses it. What a
 * wanted line says is checked; other lines are not looked at. Sample times and exemplars are ignored: the time of a direct
 * scrape is that of the scrape.
 */
import { neededLabels, valueHolds } from "./condition.ts";
import type { FamilySpec } from "./presets/preset.ts";
import type { Series } from "./series.ts";

export type TextResult =
  | { readonly ok: true; readonly series: readonly Series[]; readonly missing: MissingLabel | undefined }
  | { readonly ok: false; readonly message: string };

/**
 * A wanted family of which every series lacks a label that it needs. Single series that do are left out: a request that
 * ended without an answer has no status.
 */
export interface MissingLabel {
  readonly family: string;
  readonly label: string;
}

interface Wanted extends FamilySpec {
  readonly needed: readonly string[];
}

/** `lastLine`: what a whole answer ends with, where the writer promises one. */
export function readText(text: string, families: readonly FamilySpec[], lastLine?: string): TextResult {
  if (!isWhole(text, lastLine)) return { ok: false, message: "the answer is cut off, or is no text of metrics" };
  const byFirst = byFirstCharacter(families);
  const series: Series[] = [];
  const lacking: MissingLabel[] = [];
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const from = skipBlanks(text, start, end);
    const wanted = byFirst.get(text.charCodeAt(from))?.find(({ name }) => isNamed(text, from, end, name));
    const line = wanted && readLine(text, from, end, wanted);
    if (line === "malformed") return { ok: false, message: `a line of ${wanted?.name} cannot be read` };
    if (typeof line === "object" && "lacks" in line) lacking.push({ family: line.family, label: line.lacks });
    else if (typeof line === "object") series.push(line);
    start = end + 1;
  }
  return { ok: true, series, missing: lacking.find(({ family }) => !series.some(({ name }) => name === family)) };
}

function isWhole(text: string, lastLine: string | undefined): boolean {
  if (lastLine === undefined) return text.endsWith("\n");
  const trimmed = text.trimEnd();
  return trimmed === lastLine || trimmed.endsWith(`\n${lastLine}`);
}

function byFirstCharacter(families: readonly FamilySpec[]): ReadonlyMap<number, readonly Wanted[]> {
  const wanted = families.map((family) => ({ ...family, needed: neededLabels(family) }));
  return Map.groupBy(wanted, ({ name }) => name.charCodeAt(0));
}

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const EQUALS = 61;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CARRIAGE_RETURN;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isNamed(text: string, from: number, end: number, name: string): boolean {
  if (!text.startsWith(name, from)) return false;
  const after = from + name.length;
  const next = text.charCodeAt(after);
  return after >= end || next === OPEN || isBlank(next);
}

type Line = Series | { readonly family: string; readonly lacks: string } | "refused" | "malformed";

function readLine(text: string, from: number, end: number, wanted: Wanted): Line {
  const labels: Record<string, string> = {};
  let at = from + wanted.name.length;
  const open = skipBlanks(text, at, end);
  if (open < end && text.charCodeAt(open) === OPEN) {
    const after = readLabels(text, open + 1, end, wanted, labels);
    if (typeof after === "string") return after;
    at = after;
  }
  const value = readValue(text, at, end);
  if (value === undefined) return "malformed";
  const lacks = wanted.needed.find((label) => labels[label] === undefined);
  if (lacks !== undefined) return { family: wanted.name, lacks };
  const refused = wanted.select.some((condition) => !valueHolds(condition, labels[condition.label] ?? ""));
  return refused ? "refused" : { name: wanted.name, identity: text.slice(from, at), labels, value };
}

/** The index after the closing brace. */
function readLabels(
  text: string,
  from: number,
  end: number,
  wanted: Wanted,
  labels: Record<string, string>,
): number | "refused" | "malformed" {
  let at = skipBlanks(text, from, end);
  while (at < end && text.charCodeAt(at) !== CLOSE) {
    const nameEnd = endOfName(text, at, end);
    const equals = skipBlanks(text, nameEnd, end);
    const open = skipBlanks(text, equals + 1, end);
    if (nameEnd === at || text.charCodeAt(equals) !== EQUALS || text.charCodeAt(open) !== QUOTE) return "malformed";
    const close = closingQuote(text, open + 1, end);
    if (close < 0) return "malformed";
    const name = text.slice(at, nameEnd);
    const value = unescaped(text.slice(open + 1, close));
    if (isRefused(wanted, name, value)) return "refused";
    labels[name] = value;
    at = skipBlanks(text, close + 1, end);
    if (text.charCodeAt(at) === COMMA) at = skipBlanks(text, at + 1, end);
    else if (text.charCodeAt(at) !== CLOSE) return "malformed";
  }
  return at < end ? at + 1 : "malformed";
}

function isRefused({ select }: Wanted, name: string, value: string): boolean {
  for (const condition of select) {
    if (condition.label === name && !valueHolds(condition, value)) return true;
  }
  return false;
}

function endOfName(text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === EQUALS || code === COMMA || code === CLOSE || code === QUOTE || isBlank(code)) return at;
  }
  return end;
}

function closingQuote(text: string, from: number, end: number): number {
  let close = text.indexOf('"', from);
  while (close >= 0 && close < end && isEscaped(text, from, close)) close = text.indexOf('"', close + 1);
  return close < end ? close : -1;
}

function isEscaped(text: string, from: number, quote: number): boolean {
  let backslash = quote - 1;
  while (backslash >= from && text.charCodeAt(backslash) === BACKSLASH) backslash--;
  return (quote - 1 - backslash) % 2 === 1;
}

/** Backslash, quote and line feed are written with a backslash; before anything else it stands for itself. */
function unescaped(value: string): string {
  return value.includes("\\") ? value.replaceAll(/\\([\\"n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)) : value;
}

function readValue(text: string, from: number, end: number): number | undefined {
  const start = skipBlanks(text, from, end);
  let stop = start;
  while (stop < end && !isBlank(text.charCodeAt(stop))) stop++;
  return parseValue(text.slice(start, stop));
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** A sample's value or a bucket's bound; undefined where it is no number. */
export function parseValue(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  if (INFINITE.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text.toLowerCase() === "nan" ? Number.NaN : undefined;
}
