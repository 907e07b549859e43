/** A finite number that is not negative: a count, a time, a rate. */
export function isMeasure(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
