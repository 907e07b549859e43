/** Pieces of CEL rules, each beside the same thing in TypeScript. The API server evaluates the first, everybody else the second. */
import { parseDuration } from "../../domain/duration.ts";

/** A duration field that may be absent. */
export function celDuration(field: string, fallback: string): string {
  return `duration(has(${field}) ? ${field} : '${fallback}')`;
}

/** Milliseconds; NaN, which no comparison holds for, where the text is no duration: its own rule says so. */
export function durationOf(text: string | undefined, fallback: string): number {
  return parseDuration(text ?? fallback) ?? Number.NaN;
}

/**
 * The sum of a duration field over a list, plus more, is at most a limit. CEL has no sum that every evaluator knows: one term
 * for each place that the list may have, of a list that a comprehension over one item gives a name.
 */
export function celSumAtMost(sum: {
  list: string;
  field: string;
  fallback: string;
  maxItems: number;
  plus: string;
  limit: string;
}): string {
  const items = `${sum.list}.map(s, ${celDuration(`s.${sum.field}`, sum.fallback)})`;
  const terms = Array.from({ length: sum.maxItems }, (_, i) => `(d.size() > ${i} ? d[${i}] : duration('0s'))`);
  return `[${items}].all(d, ${terms.join(" + ")} + ${sum.plus} <= ${sum.limit})`;
}
