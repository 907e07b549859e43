import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintFiles, lintText } from "../../src/api/lint.ts";
import { bad, good } from "./corpus.ts";

const MINIMAL = good.find(({ name }) => name === "minimal")!.text;

describe("lint", () => {
  it.each(good)("accepts $name", ({ text }) => {
    expect(lintText(text, "file.yaml", { presets: ["Linkerd"] })).toEqual([]);
  });

  it.each(bad)("refuses $name with line, path, message and fix", ({ text, expected }) => {
    const findings = lintText(text, "file.yaml", { presets: ["Linkerd"] });
    expect(findings.map(({ line, path }) => ({ line, path }))).toEqual(expected.map(({ line, path }) => ({ line, path })));
    for (const [i, { message, fix }] of expected.entries()) {
      expect(findings[i]!.message).toContain(message);
      expect(findings[i]!.fix).toContain(fix);
      expect(findings[i]!.column).toBeGreaterThan(0);
      expect(findings[i]!.file).toBe("file.yaml");
    }
  });

  it("points at a value, at an unknown key, and at the parent of what is missing", () => {
    const text = `${MINIMAL}  traffic: {prot: 80, port: x}\n  analysis: {latency: [{percentile: "99"}]}\n`;
    expect(lintText(text, "f").map(({ path, line, column }) => [path, line, column])).toEqual([
      ["spec.traffic.prot", 6, 19],
      ["spec.traffic.port", 6, 29],
      ["spec.analysis.latency[0].max", 7, 24],
    ]);
  });

  it("ignores other kinds, other YAML, and broken files that never mention Serin", () => {
    const others = [
      "",
      "# only a comment\n",
      "a: 1\n",
      "- 1\n- 2\n",
      "kind: Canary\napiVersion: flagger.app/v1beta1\n",
      "a: {{ .Values }}\n",
      "a: [\n",
    ];
    for (const text of others) expect(lintFiles([{ name: "f", text }])).toEqual({ findings: [], rollouts: 0 });
  });

  it("looks across files", () => {
    const app = good.find(({ name }) => name === "full-app")!.text.split("---\n");
    const sources = app.map((text, i) => ({ name: `${i}.yaml`, text: text.replace("port: 8080}\n---", "") }));
    expect(lintFiles(sources)).toEqual({ findings: [], rollouts: 1 });
    const recreate = sources.map(({ name, text }) => ({
      name,
      text: text.replace("  selector: {match", "  strategy: {type: Recreate}\n  selector: {match"),
    }));
    expect(lintFiles(recreate).findings).toMatchObject([{ file: "1.yaml", line: 5, path: "spec.strategy.type", value: "Recreate" }]);
  });

  it("checks the preset only where it is told which exist", () => {
    const text = `${MINIMAL}  analysis: {preset: Linkred}\n`;
    expect(lintText(text, "f")).toEqual([]);
    expect(lintText(text, "f", { presets: ["Linkerd", "Istio"] })).toMatchObject([
      { path: "spec.analysis.preset", line: 6, column: 22, message: "must be one of Linkerd, Istio", fix: "write Linkerd" },
    ]);
  });

  it("survives anchors that would unfold without end", () => {
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? "x"
            : Array(9)
                .fill(`*a${i - 1}`)
                .join(", ")
        }]`,
    );
    const text = `${MINIMAL}${bomb.join("\n")}\n`;
    expect(lintText(text, "f")).toMatchObject([
      { line: 1, message: expect.stringContaining("alias"), fix: expect.stringContaining("anchors") },
    ]);
  });

  it("never throws, whatever is cut out of a manifest or put in", () => {
    const texts = [...good, ...bad].map(({ text }) => text);
    const edit = fc.tuple(
      fc.constantFrom(...texts),
      fc.nat(),
      fc.nat({ max: 40 }),
      fc.constantFrom("", "{", "- ", ": ", "*a", "&a ", '"', "{{", "\n", "\t"),
    );
    fc.assert(
      fc.property(edit, ([text, at, length, put]) => {
        const start = at % text.length;
        const edited = text.slice(0, start) + put + text.slice(start + length);
        for (const { line, fix } of lintText(edited, "f")) expect([line > 0, fix.length > 0]).toEqual([true, true]);
      }),
      { numRuns: 300 },
    );
  });
});
