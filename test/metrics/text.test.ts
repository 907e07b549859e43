/** The reader of the hot path against a plain one, and against texts that are not whole. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holds } from "../../src/metrics/condition.ts";
import type { FamilySpec } from "../../src/metrics/presets/preset.ts";
import { parseValue, readText } from "../../src/metrics/text.ts";
import { captured } from "./lab.ts";
import { readAll } from "./reference-text.ts";

const FAMILIES: readonly FamilySpec[] = [
  {
    name: "response_total",
    select: [
      { label: "direction", oneOf: ["inbound"] },
      { label: "route", noneOf: ["probe", 'a"b'] },
    ],
    needs: ["port"],
  },
  { name: "response", select: [], needs: [] },
  { name: "other_total", select: [{ label: "route", noneOf: [""] }], needs: [] },
];

function read(text: string, families = FAMILIES) {
  const result = readText(text, families);
  if (!result.ok) throw new Error(result.message);
  return result;
}

/** What the plain reader sees, with the selectors and needs applied afterwards. */
function expected(text: string, families = FAMILIES) {
  return readAll(text)
    .map(({ name, labels, value }) => ({ name, labels: Object.fromEntries(labels), value }))
    .filter(({ name, labels }) => {
      const family = families.find((one) => one.name === name);
      if (family === undefined) return false;
      const needed = [...family.needs, ...family.select.flatMap((one) => ("oneOf" in one ? [one.label] : []))];
      return needed.every((label) => label in labels) && family.select.every((condition) => holds(condition, labels));
    });
}

function found(text: string, families = FAMILIES) {
  return read(text, families).series.map(({ name, labels, value }) => ({ name, labels, value }));
}

const name = fc.constantFrom("response_total", "response", "response_total_more", "other_total", "unwanted", "r");
const labelName = fc.constantFrom("direction", "route", "port", "le", "x", "_y9");
const labelValue = fc.oneof(
  fc.constantFrom("inbound", "outbound", "probe", "", 'a"b', "\\", "\n", "}", "{", ",", "=", "# ", " 1"),
  fc.string(),
  fc.string({ unit: "grapheme" }),
);
const value = fc.oneof(
  fc.nat().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom("NaN", "+Inf", "-Inf", "1e3", "65.0", "+5", ".5", "1.", "0"),
);
const blank = fc.constantFrom(" ", "  ", "\t");
const tail = fc.constantFrom("", " 1700000000000", ' # {trace_id="a} b"} 0.5', " 1700000000000 # {} 1 2");

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "");
}

const line = fc
  .record({
    name,
    labels: fc.uniqueArray(fc.tuple(labelName, labelValue), { selector: ([label]) => label, maxLength: 6 }),
    value,
    blank,
    tail,
    loose: fc.boolean(),
    bare: fc.boolean(),
  })
  .map((one) => {
    const equals = one.loose ? " = " : "=";
    const labels = one.labels.map(([label, text]) => `${label}${equals}"${escaped(text)}"`).join(one.loose ? " , " : ",");
    const braces = one.bare && one.labels.length === 0 ? "" : `{${labels}${one.loose && labels !== "" ? "," : ""}}`;
    return `${one.loose ? "  " : ""}${one.name}${braces}${one.blank}${one.value}${one.tail}`;
  });
const comment = fc.constantFrom(
  "# HELP response_total What it is.",
  "# TYPE response_total counter",
  "#",
  "",
  "   ",
  "# response_total{} 1",
);
const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: line }, { weight: 1, arbitrary: comment }))
  .map((lines) => lines.map((one) => `${one}\n`).join("") || "\n");

describe("the text reader", () => {
  it("sees what a plain reader sees", () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(found(input)).toEqual(expected(input));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(["canary-0.after.prom", "client.after.prom", "stable-0.before.prom"])(
    "sees in a real proxy's %s what a plain reader sees",
    (file) => {
      const families = [
        "response_total",
        "response_latency_ms_bucket",
        "outbound_http_route_backend_requests_total",
        "process_start_time_seconds",
      ];
      const specs = families.map((one) => ({ name: one, select: [], needs: [] }));
      const series = found(captured(file), specs);
      expect(series).toEqual(expected(captured(file), specs));
      expect(series.length).toBeGreaterThan(30);
    },
  );

  it("one series has one identity, two have two", () => {
    fc.assert(
      fc.property(text, (input) => {
        const { series } = read(input);
        const identities = new Map(series.map((one) => [one.identity, JSON.stringify([one.name, one.labels])]));
        for (const one of series) expect(identities.get(one.identity)).toBe(JSON.stringify([one.name, one.labels]));
      }),
    );
  });

  it("refuses an answer that is cut off anywhere, where the writer says how it ends", () => {
    const whole = captured("canary-0.before.prom");
    expect(readText(whole, FAMILIES, "# EOF").ok).toBe(true);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.trimEnd().length - 1 }), (length) => {
        expect(readText(whole.slice(0, length), FAMILIES, "# EOF").ok).toBe(false);
      }),
    );
  });

  it("refuses an answer that ends inside a line, where the writer promises no last line", () => {
    expect(readText("response 12\nresponse 1", FAMILIES).ok).toBe(false);
    expect(readText("", FAMILIES).ok).toBe(false);
  });

  it("refuses a login page, where the writer says how it ends", () => {
    expect(readText("<!doctype html>\n<title>Log in</title>\n", FAMILIES, "# EOF").ok).toBe(false);
  });

  it.each([
    "response x",
    "response",
    "response{",
    'response{a="b" 1',
    'response{a="b}',
    "response{a=b} 1",
    'response{="b"} 1',
    "response 0x10",
    'response{a="b"c="d"} 1',
  ])("refuses the whole answer for the wanted line %s", (bad) => {
    expect(readText(`response 1\n${bad}\n`, FAMILIES).ok).toBe(false);
  });

  it("passes over a line that nobody wants, whatever it says", () => {
    expect(found("unwanted{{{ ?\nresponse 1\n")).toHaveLength(1);
  });

  it("names a label that all series of a wanted family lack, not where single ones do, or those that a selector refuses", () => {
    expect(read('response_total{direction="inbound"} 1\n').missing).toEqual({ family: "response_total", label: "port" });
    expect(read('response_total{port="1"} 1\n').missing).toEqual({ family: "response_total", label: "direction" });
    expect(read('response_total{direction="inbound",port="1"} 1\nresponse_total{direction="inbound"} 1\n')).toMatchObject({
      missing: undefined,
      series: [{ labels: { port: "1" } }],
    });
    expect(read('response_total{direction="outbound"} 1\n').missing).toBeUndefined();
  });

  it("reads bounds as numbers, however they are written", () => {
    expect(parseValue("1")).toBe(parseValue("1.0"));
    expect(parseValue("+Inf")).toBe(Number.POSITIVE_INFINITY);
    expect(parseValue("")).toBeUndefined();
  });
});
