/** A preset's conditions, held against labels. */
import type { Condition } from "./presets/preset.ts";
import type { Labels } from "./series.ts";

export function holds(condition: Condition, labels: Labels): boolean {
  return valueHolds(condition, labels[condition.label] ?? "");
}

export function anyHolds(conditions: readonly Condition[], labels: Labels): boolean {
  return conditions.some((condition) => holds(condition, labels));
}

export function valueHolds(condition: Condition, value: string): boolean {
  if ("oneOf" in condition) return condition.oneOf.includes(value);
  if ("noneOf" in condition) return !condition.noneOf.includes(value);
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  return number >= condition.between[0] && number <= condition.between[1];
}

/** What `select` and `needs` ask to be there. */
export function neededLabels({ select, needs }: { readonly select: readonly Condition[]; readonly needs: readonly string[] }): string[] {
  return [...select.flatMap((condition) => ("oneOf" in condition ? [condition.label] : [])), ...needs];
}
