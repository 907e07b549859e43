/** An API server's audit log, line by line, as counts of requests by who asked what. */

import { createReadStream } from "node:fs";
import { linesOf } from "../../domain/lines.ts";
import type { RequestCount } from "../apiserver/counts.ts";

export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** Those of requests for objects; a watch counts when it begins, everything else when it is answered. */
export async function* auditEvents(file: string): AsyncGenerator<AuditEvent> {
  for await (const line of linesOf(createReadStream(file) as AsyncIterable<Buffer>, () => new Error(`${file}: a line without an end`))) {
    const event = JSON.parse(line) as AuditEvent;
    const counts = event.stage === (event.verb === "watch" ? "ResponseStarted" : "ResponseComplete");
    if (counts && event.objectRef !== undefined) yield event;
  }
}

export async function requestCounts(file: string): Promise<RequestCount[]> {
  const counts = new Map<string, RequestCount>();
  for await (const { verb, userAgent = "", objectRef, responseStatus } of auditEvents(file)) {
    const { apiGroup: group = "", resource = "", subresource = "" } = objectRef ?? {};
    const one = { userAgent, verb, group, resource, subresource, code: responseStatus?.code ?? 0 };
    const key = JSON.stringify(one);
    counts.set(key, { ...one, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
