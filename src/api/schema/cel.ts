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

/** CEL has no sum that every evaluator knows: one term for each place that the list may have. */
export function celSumOfDurations(list: string, field: string, fallback: string, maxItems: number): string {
  return Array.from(
    { length: maxItems },
    (_, i) => `(${list}.size() > ${i} ? ${celDuration(`${list}[${i}].${field}`, fallback)} : duration('0s'))`,
  ).join(" + ");
}
