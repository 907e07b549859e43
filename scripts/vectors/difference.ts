/** How far two values are apart, and where: numbers by |ours - theirs| / max(1, |theirs|), everything else is the same or not. */

export interface Difference {
  /** Of the value in the file: `rollouts[4] "late onset", row 12, phi[0]`. */
  readonly where: string;
  readonly ours: unknown;
  readonly theirs: unknown;
  /** Infinity where no number can say it. */
  readonly size: number;
}

/** One for each number, word, flag and null in them. */
export function differences(where: string, ours: unknown, theirs: unknown): readonly Difference[] {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length)
    return theirs.flatMap((one, index) => differences(`${where}[${index}]`, ours[index], one));
  if (isRecord(ours) && isRecord(theirs))
    return Object.keys(theirs).flatMap((key) => differences(`${where}.${key}`, ours[key], theirs[key]));
  return [{ where, ours, theirs, size: sizeOf(ours, theirs) }];
}

export function unlike(where: string, ours: unknown, theirs: unknown): Difference {
  return { where, ours, theirs, size: Number.POSITIVE_INFINITY };
}

function sizeOf(ours: unknown, theirs: unknown): number {
  if (ours === theirs) return 0;
  if (typeof ours !== "number" || typeof theirs !== "number") return Number.POSITIVE_INFINITY;
  const size = Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
  return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
