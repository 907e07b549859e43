/** Percentages as people write them: a string with `%`, so that 0.99 can never be read as 0.99 %. */

/** Up to four decimals; whether it is at most 100 is checked as a number. */
const SHAPE = /^([0-9]{1,3})(\.[0-9]{1,4})?%$/;

/** The fraction, `"99.5%"` is 0.995, or undefined where the text is no percentage from 0 to 100. */
export function parsePercent(text: string): number | undefined {
  if (!SHAPE.test(text)) return undefined;
  // Moving the decimal exponent keeps 99.9 % exactly the number 0.999; a division by 100 would not.
  const fraction = Number(`${text.slice(0, -1)}e-2`);
  return fraction <= 1 ? fraction : undefined;
}
