/** Headers that speak of one connection and not of the message. A proxy leaves them out. */
const HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export type HeaderRecord = Record<string, string | string[]>;

export function withoutHopHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): HeaderRecord {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP.has(name));
  return Object.fromEntries(kept) as HeaderRecord;
}
