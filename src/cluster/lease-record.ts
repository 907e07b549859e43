/**
 * What a Lease says, and what to write into it. Pure.
 *
 * Whether a foreign lease has ended is judged by our own monotonic time since its record last changed, never by the times
 * in it: those are another machine's.
 */
import { type KubeObject, RESOURCES } from "../domain/kube.ts";
import { microTime } from "./micro-time.ts";
import { apiVersionOf } from "./paths.ts";

export interface LeaseRecord {
  readonly resourceVersion: string | undefined;
  /** "" where nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  readonly acquireTime: string | undefined;
}

/** A record and the monotonic time at which we first saw it as it is. */
export interface Sighting {
  readonly record: LeaseRecord;
  readonly since: number;
}

export function readLease(lease: KubeObject, defaultDurationMs: number): LeaseRecord {
  const spec = (lease["spec"] ?? {}) as Record<string, unknown>;
  const seconds = spec["leaseDurationSeconds"];
  return {
    resourceVersion: lease.metadata.resourceVersion,
    holder: typeof spec["holderIdentity"] === "string" ? spec["holderIdentity"] : "",
    durationMs: typeof seconds === "number" && seconds > 0 ? seconds * 1000 : defaultDurationMs,
    transitions: typeof spec["leaseTransitions"] === "number" ? spec["leaseTransitions"] : 0,
    acquireTime: typeof spec["acquireTime"] === "string" ? spec["acquireTime"] : undefined,
  };
}

export function sight(last: Sighting | undefined, record: LeaseRecord, monotonicNow: number): Sighting {
  return last !== undefined && last.record.resourceVersion === record.resourceVersion ? last : { record, since: monotonicNow };
}

export function isFree({ record, since }: Sighting, identity: string, monotonicNow: number): boolean {
  return record.holder === "" || record.holder === identity || monotonicNow - since >= record.durationMs;
}

/** The spec of a lease that `identity` takes or keeps. */
export function heldSpec(record: LeaseRecord | undefined, identity: string, durationMs: number, now: number): Record<string, unknown> {
  const keeps = record?.holder === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.round(durationMs / 1000),
    acquireTime: keeps && record.acquireTime !== undefined ? record.acquireTime : microTime(now),
    renewTime: microTime(now),
    leaseTransitions: record === undefined ? 0 : record.transitions + (keeps ? 0 : 1),
  };
}

/** The spec of a lease that is given back: free at once. */
export function releasedSpec(now: number): Record<string, unknown> {
  return { holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(now) };
}

export function newLease(namespace: string, name: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: apiVersionOf(RESOURCES.leases), kind: "Lease", metadata: { name, namespace }, spec };
}
