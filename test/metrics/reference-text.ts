/** The text format read in the plainest way: every line, every label, by the book. Slow, and sees all series. */

export interface ReferenceSeries {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export function readAll(text: string): ReferenceSeries[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(readLine);
}

function readLine(line: string): ReferenceSeries {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? "";
  let rest = line.slice(name.length).trim();
  const labels = new Map<string, string>();
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    for (;;) {
      rest = rest.replace(/^[\s,]+/, "");
      if (rest.startsWith("}")) break;
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:\\.|[^"\\])*)"/.exec(rest);
      if (label === null) throw new Error(`not a label: ${rest}`);
      labels.set(
        label[1]!,
        label[2]!.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
      );
      rest = rest.slice(label[0].length);
    }
    rest = rest.slice(1).trim();
  }
  const [value = ""] = rest.split(/\s+/);
  return { name, labels, value: numberOf(value) };
}

function numberOf(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : Number(text);
}
