/** What lint found, for people, for programs and for CI servers. Pure. */
import type { Finding, LintReport, Source } from "../../api/lint.ts";

export function asText({ findings, rollouts }: LintReport, sources: readonly Source[]): string[] {
  const lines = findings.map(({ file, line, column, path, message, fix }) => {
    const place = path === "" ? "" : `${path}: `;
    return `${file}:${line}:${column}: ${place}${message}; ${fix}`;
  });
  const looked = `${counted(rollouts, "CanaryRollout")} in ${counted(sources.length, "file")}`;
  return [...lines, `${looked}: ${findings.length === 0 ? "nothing to complain about" : counted(findings.length, "finding")}`];
}

export function asJson({ findings, rollouts }: LintReport, sources: readonly Source[]): string {
  return JSON.stringify({ files: sources.length, rollouts, findings }, null, 2);
}

/** One test case a file: a CI server then shows where. */
export function asJunit({ findings }: LintReport, sources: readonly Source[]): string {
  const cases = sources.map(({ name }) => {
    const found = findings.filter(({ file }) => file === name);
    if (found.length === 0) return `    <testcase classname="serin.lint" name="${escaped(name)}"/>`;
    const failures = found.map((finding) => `      ${failureOf(finding)}`);
    return [`    <testcase classname="serin.lint" name="${escaped(name)}">`, ...failures, "    </testcase>"].join("\n");
  });
  const failed = new Set(findings.map(({ file }) => file)).size;
  const suite = `  <testsuite name="serin lint" tests="${sources.length}" failures="${failed}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", suite, ...cases, "  </testsuite>", "</testsuites>"].join("\n");
}

function failureOf({ file, line, column, path, message, fix }: Finding): string {
  return `<failure message="${escaped(`${path} ${message}`.trim())}">${escaped(`${file}:${line}:${column}: ${message}; ${fix}`)}</failure>`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Control characters may not stand in XML at all. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "?").replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
