/**
 * Reads the Prometheus text format and OpenMetrics as proxies print them: one pass, only the wanted series of the wanted
 * families, nothing built for the others. The hot path: 100 to 200 KB per proxy and scrape.
 */
import { valueHolds } from "./condition.ts";
import type { FamilySpec } from "./presets/preset.ts";
import type { Series } from "./series.ts";

/** The answer is cut off, or a wanted line can't be read: nothing of it may be used. */
export class BadText extends Error {
  override readonly name = "BadText";
}

/** Series without the labels that a family needs are left out; `missing` names the first of those labels. */
export interface TextReading {
  readonly series: readonly Series[];
  readonly missing: string | undefined;
}

export function readText(text: string, families: readonly FamilySpec[]): TextReading {
  if (text !== "" && !text.endsWith("\n")) {
    throw new BadText("the answer ends in the middle of a line");
  }
  const wanted = new Map(families.map((family) => [family.name, family]));
  const series: Series[] = [];
  let missing: string | undefined;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    if (text[start] !== "#") {
      const family = wanted.get(text.slice(start, endOfName(text, start, end)));
      if (family !== undefined) {
        const line = text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
        const one = readLine(line, family.name);
        missing ??= family.needs.find((label) => one.labels[label] === undefined);
        if (family.select.every((condition) => valueHolds(condition, one.labels[condition.label] ?? ""))) {
          series.push(one);
        }
      }
    }
    start = end + 1;
  }
  return { series, missing };
}

function endOfName(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const char = text[at];
    if (char === "{" || char === " " || char === "\t") {
      return at;
    }
  }
  return end;
}

function readLine(line: string, name: string): Series {
  const labels: Record<string, string> = {};
  const labelsEnd = line[name.length] === "{" ? readLabels(line, name.length + 1, labels) : name.length;
  const [text = ""] = line
    .slice(labelsEnd)
    .trim()
    .split(/[ \t]+/, 1);
  const value = parseValue(text);
  if (value === undefined) {
    throw new BadText(`not a number: ${line.slice(0, 200)}`);
  }
  return { name, identity: line.slice(0, labelsEnd), labels, value };
}

/** From behind `{` to behind `}`. */
function readLabels(line: string, from: number, into: Record<string, string>): number {
  let at = from;
  for (;;) {
    while (line[at] === "," || line[at] === " ") {
      at += 1;
    }
    if (line[at] === "}") {
      return at + 1;
    }
    const equals = line.indexOf("=", at);
    if (equals < 0 || line[equals + 1] !== '"') {
      throw new BadText(`a label without a value: ${line.slice(0, 200)}`);
    }
    const quoted = readQuoted(line, equals + 2);
    into[line.slice(at, equals).trim()] = quoted.value;
    at = quoted.end;
  }
}

/** From behind the opening quote to behind the closing one. */
function readQuoted(line: string, from: number): { readonly value: string; readonly end: number } {
  const close = line.indexOf('"', from);
  const backslash = line.indexOf("\\", from);
  if (close >= 0 && (backslash < 0 || backslash > close)) {
    return { value: line.slice(from, close), end: close + 1 };
  }
  let value = "";
  for (let at = from; at < line.length; at++) {
    const char = line[at];
    if (char === '"') {
      return { value, end: at + 1 };
    }
    if (char === "\\") {
      at += 1;
      value += line[at] === "n" ? "\n" : (line[at] ?? "");
    } else {
      value += char;
    }
  }
  throw new BadText(`a label value without an end: ${line.slice(0, 200)}`);
}

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  "+Inf": Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A sample's value or a bucket's bound; undefined: no number. */
export function parseValue(text: string): number | undefined {
  const special = SPECIAL[text];
  return special ?? (NUMBER.test(text) ? Number(text) : undefined);
}
