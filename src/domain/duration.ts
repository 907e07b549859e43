/**
 * Durations as the Gateway API writes them (GEP-2257): up to four numbers of at most five digits, each with the unit h, m, s
 * or ms, such as `90s` and `1h30m`. Kept as whole milliseconds everywhere else.
 */

/** Anchored, without look-around: the API server's expressions are RE2. */
export const DURATION_PATTERN = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";
export const DURATION_MAX_LENGTH = 32;

const SHAPE = new RegExp(DURATION_PATTERN);
const PARTS = /([0-9]+)(ms|h|m|s)/g;
const UNITS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const LARGEST = 99_999 * UNITS.h + 99_999 * UNITS.m + 99_999 * UNITS.s + 99_999;

/** Milliseconds, or undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!SHAPE.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PARTS)) total += Number(digits) * UNITS[unit as keyof typeof UNITS];
  return total;
}

/** The shortest usual form: `1h30m`, `90s` as `1m30s`, nothing as `0s`. Milliseconds are rounded; less than 0 or too long throws. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  if (!(rest >= 0 && rest <= LARGEST)) throw new RangeError(`no duration: ${ms} ms`);
  let text = "";
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.min(Math.floor(rest / size), 99_999);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
}
