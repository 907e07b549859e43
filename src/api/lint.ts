/**
 * Checks manifests offline: the same refusals as the API server's, with line and fix, and what the objects of the same files
 * say together. Objects of other kinds are only looked at for that. Files that never mention Serin are not judged at all.
 */
import { CanaryRollout } from "./canary-rollout.ts";
import { closest } from "./closest.ts";
import { refusalsOf } from "./field-errors.ts";
import { crossFindings, type LintedRollout } from "./lint/cross-checks.ts";
import { type Documents, type Manifest, readDocuments } from "./lint/documents.ts";
import type { Finding, Source } from "./lint/finding.ts";
import { templateFinding, unfinished } from "./lint/templates.ts";
import { GROUP } from "./marks.ts";
import { policyOf } from "./policy-of.ts";

export type { Finding, Source };

export interface LintOptions {
  /** Names of the metrics presets that exist; without it any name is accepted. */
  readonly presets?: readonly string[];
}

export interface LintReport {
  /** In the order of the files and lines. */
  readonly findings: readonly Finding[];
  /** How many CanaryRollouts were looked at. */
  readonly rollouts: number;
}

export function lintText(text: string, fileName: string, options: LintOptions = {}): readonly Finding[] {
  return lintFiles([{ name: fileName, text }], options).findings;
}

export function lintFiles(sources: readonly Source[], options: LintOptions = {}): LintReport {
  const read = sources.map(readSource);
  const manifests = read.flatMap((documents) => documents.manifests);
  const checked = manifests.filter(isRollout).map((manifest) => checkRollout(manifest, options));
  const valid = checked.flatMap(({ rollout }) => (rollout === undefined ? [] : [rollout]));
  const findings = [
    ...read.flatMap((documents) => documents.findings),
    ...checked.flatMap((result) => result.findings),
    ...crossFindings(valid, manifests),
  ];
  return { findings: inOrder(findings, sources), rollouts: checked.length };
}

function readSource(source: Source): Documents {
  const documents = readDocuments(source);
  if (documents.findings.length === 0) return documents;
  if (!source.text.includes(`${GROUP}/`) && !source.text.includes("CanaryRollout")) return { ...documents, findings: [] };
  const template = templateFinding(source);
  return template === undefined ? documents : { manifests: [], findings: [template] };
}

function isRollout({ object }: Manifest): boolean {
  const { apiVersion, kind } = object;
  if (String(apiVersion).split("/")[0] === GROUP) return true;
  return typeof kind === "string" && closest(kind, ["CanaryRollout"]) !== undefined;
}

interface Checked {
  readonly findings: readonly Finding[];
  /** Where it is valid. */
  readonly rollout?: LintedRollout;
}

function checkRollout(manifest: Manifest, options: LintOptions): Checked {
  const { object, file } = manifest;
  const parsed = CanaryRollout.safeParse(object);
  if (parsed.success) {
    const policy = policyOf(parsed.data.spec);
    return { findings: presetFindings(manifest, policy.analysis.preset, options), rollout: { manifest, policy } };
  }
  const refusals = refusalsOf(CanaryRollout, parsed.error, object);
  const findings = refusals.map((refusal): Finding => {
    const { path, value, steps } = refusal;
    return { file, ...manifest.at(steps), path, value, ...unfinished(refusal, steps, manifest) };
  });
  return { findings };
}

function presetFindings(manifest: Manifest, preset: string, { presets }: LintOptions): Finding[] {
  const steps = ["spec", "analysis", "preset"];
  if (presets === undefined || presets.includes(preset) || manifest.written(steps) === "") return [];
  const fix = `write ${closest(preset, presets) ?? presets[0]}`;
  const message = `must be one of ${presets.join(", ")}`;
  return [{ file: manifest.file, ...manifest.at(steps), path: steps.join("."), value: preset, message, fix }];
}

function inOrder(findings: readonly Finding[], sources: readonly Source[]): Finding[] {
  const order = new Map(sources.map(({ name }, index) => [name, index]));
  const unique = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...unique.values()].toSorted(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
}
