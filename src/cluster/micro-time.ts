/**
 * The time format of Leases and events (`MicroTime`): exactly six decimals. The API server answers 400 to three.
 */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
