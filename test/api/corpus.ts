/**
 * Manifests with what is expected of them. A bad one begins with a line for each finding, in order:
 * `# LINE | PATH | PART OF THE MESSAGE | PART OF THE FIX`, and `# api server: ...` where the API server cannot agree:
 * `accepts`, `refuses` (by rules that are not in our schema), `unreadable`.
 */
import { readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("corpus/", import.meta.url);

export interface Sample {
  readonly name: string;
  readonly text: string;
}

export interface Expectation {
  readonly line: number;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

export interface BadSample extends Sample {
  readonly expected: readonly Expectation[];
  readonly apiServer: string;
}

export const good: readonly Sample[] = samplesIn("good");
export const bad: readonly BadSample[] = samplesIn("bad").map((sample) => ({ ...sample, ...headOf(sample) }));

function samplesIn(folder: string): Sample[] {
  const names = readdirSync(new URL(`${folder}/`, ROOT)).toSorted();
  return names.map((file) => ({ name: file.replace(".yaml", ""), text: readFileSync(new URL(`${folder}/${file}`, ROOT), "utf8") }));
}

function headOf({ name, text }: Sample): Pick<BadSample, "expected" | "apiServer"> {
  const expected = [...text.matchAll(/^# ([0-9]+) \| (\S*) \| (.+) \| (.+)$/gm)].map(([, line, path, message, fix]) => ({
    line: Number(line),
    path: path!,
    message: message!,
    fix: fix!,
  }));
  if (expected.length === 0) throw new Error(`${name} expects nothing`);
  return { expected, apiServer: /^# api server: (\w+)/m.exec(text)?.[1] ?? "refuses too" };
}
