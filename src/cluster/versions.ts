/**
 * Which of two resourceVersions is newer. Decimal ones are ordered (KEP-5504); any other is opaque and has no order.
 */
const DECIMAL = /^[1-9]\d*$/;

/** True where `a` is known to be older than `b`; false where it is not, or where nobody can tell. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !DECIMAL.test(a) || !DECIMAL.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

/** The newer one; the later to arrive where they have no order. */
export function newerOf(earlier: string | undefined, later: string): string {
  return earlier !== undefined && isOlder(later, earlier) ? earlier : later;
}
