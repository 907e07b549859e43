/**
 * Resource quantities by value: "1000m" is "1", "0.5Gi" is "512Mi". Exact, without floating point.
 * A text that is no quantity equals only itself.
 */

const SHAPE = /^([+-]?)(\d+\.?\d*|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?$/;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

export function sameQuantity(a: string | number, b: string | number): boolean {
  return normalQuantity(a) === normalQuantity(b);
}

/** One text per value: a whole number and a power of ten. */
function normalQuantity(quantity: string | number): string {
  const text = String(quantity).trim();
  const match = SHAPE.exec(text);
  if (match === null) return text;
  const [, sign, mantissa = "0", suffix = ""] = match;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = BigInt(whole + fraction) << BigInt(BINARY[suffix] ?? 0);
  if (digits === 0n) return "0";
  const exponent = exponentOf(suffix) - fraction.length;
  const significant = String(digits).replace(/0+$/, "");
  return `${sign === "-" ? "-" : ""}${significant}e${exponent + String(digits).length - significant.length}`;
}

function exponentOf(suffix: string): number {
  if (/^[eE][+-]?\d+$/.test(suffix)) return Number(suffix.slice(1));
  return DECIMAL[suffix] ?? 0;
}
