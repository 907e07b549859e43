/** Percentages as people write them: a string with `%`, so that 0.99 can never be read as 0.99 %. */

/** More than 0 and less than 100, up to four decimals. */
const SHAPE = /^([0-9]{1,3})(\.[0-9]{1,4})?%$/;

/** The fraction, `"99.5%"` is 0.995, or undefined where the text is no percentage from 0 to 100. */
export function parsePercent(text: string): number | undefined {
  if (!SHAPE.test(text)) return undefined;
  // Moving the decimal exponent keeps 99.9 % exactly the number 0.999; a division by 100 would not.
  const fraction = Number(`${text.slice(0, -1)}e-2`);
  return fraction <= 1 ? fraction : undefined;
}

/** `0.995` is `"99.5%"`, with at most `digits` decimals. */
export function formatPercent(fraction: number, digits = 4): string {
  return `${Number((fraction * 100).toFixed(digits))}%`;
}
