/** Manifests that are not finished yet: said as such, since the errors of a half of a manifest mislead. */
import type { FieldError } from "../field-error.ts";
import type { Path } from "../schema/hint.ts";
import type { Manifest } from "./documents.ts";
import type { Finding, Source } from "./finding.ts";

const RENDER = "render it first: helm template CHART | serin lint -";

/** Instead of the syntax errors of a file with Go template actions. */
export function templateFinding({ name, text }: Source): Finding | undefined {
  const offset = text.indexOf("{{");
  if (offset < 0) return undefined;
  const before = text.slice(0, offset).split("\n");
  const place = { file: name, line: before.length, column: before.at(-1)!.length + 1 };
  return { ...place, path: "", value: undefined, message: "is a template, not a manifest", fix: RENDER };
}

/** The same error, or what it is really about. */
export function unfinished(error: FieldError, path: Path, manifest: Manifest): Pick<FieldError, "message" | "fix"> {
  const text = manifest.written(path);
  if (!text.includes("\n") && text.includes("{{")) return { message: "is a template, not a value", fix: RENDER };
  if (!text.includes("\n") && /\$\{?\w|\$\(\w/.test(text)) {
    return { message: "is a variable, not a value", fix: "put the value in first, and lint the result: ... | serin lint -" };
  }
  const isPatch = path.at(-1) === "$patch" || (error.value === undefined && ["spec", "spec.targetRef"].includes(error.path));
  return {
    message: error.message,
    fix: isPatch ? `${error.fix}; a patch is linted when it is applied: kustomize build DIR | serin lint -` : error.fix,
  };
}
