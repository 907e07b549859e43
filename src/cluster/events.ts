/**
 * Events for people (`events.k8s.io/v1`), best effort: a failure is reported and never thrown.
 *
 * The name of an event follows from the object, the reason and the transition that it tells of, so the same transition
 * told again, after a crash or by a successor, is the same event: the server refuses the second, and that is success.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import { ApiError, type KubeObject, RESOURCES, type Verbs } from "../domain/kube.ts";
import { microTime } from "./micro-time.ts";
import { apiVersionOf } from "./paths.ts";

export interface EventInput {
  /** The object that it is about. */
  readonly regarding: KubeObject;
  readonly related?: KubeObject;
  readonly type: "Normal" | "Warning";
  /** CamelCase, for machines: WeightRaised. */
  readonly reason: string;
  /** CamelCase, what was done or tried: RaiseWeight. */
  readonly action: string;
  readonly note: string;
  /** Names the transition; one event for each (object, reason, transition). */
  readonly transition: string;
}

export type EventRecorder = (event: EventInput, signal?: AbortSignal) => Promise<void>;

export interface EventRecorderOptions {
  readonly verbs: Pick<Verbs, "create">;
  readonly clock: Clock;
  /** Which process reports: the pod's name. */
  readonly instance: string;
  readonly onFailure?: (error: unknown, event: EventInput) => void;
}

export const REPORTING_CONTROLLER = "serin.dev/controller";
const MAX_NOTE_BYTES = 1024;
const MAX_INSTANCE_CHARS = 128;
const MAX_NAME_CHARS = 253;

export function createEventRecorder({ verbs, clock, instance, onFailure }: EventRecorderOptions): EventRecorder {
  return async (event, signal) => {
    try {
      await verbs.create(RESOURCES.events, eventObject(event, instance, clock.now()), signal);
    } catch (error) {
      if (error instanceof ApiError && error.reason === "AlreadyExists") return;
      onFailure?.(error, event);
    }
  };
}

export function eventObject(event: EventInput, instance: string, now: number): KubeObject {
  // Events about cluster-scoped objects live in "default".
  const namespace = event.regarding.metadata.namespace ?? "default";
  return {
    apiVersion: apiVersionOf(RESOURCES.events),
    kind: "Event",
    metadata: { name: eventName(event), namespace },
    eventTime: microTime(now),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: instance.slice(0, MAX_INSTANCE_CHARS),
    action: event.action,
    reason: event.reason,
    regarding: referenceTo(event.regarding),
    ...(event.related === undefined ? {} : { related: referenceTo(event.related) }),
    note: cutToBytes(event.note, MAX_NOTE_BYTES),
    type: event.type,
  };
}

function eventName({ regarding, reason, transition }: EventInput): string {
  const { uid, namespace, name } = regarding.metadata;
  const identity = JSON.stringify([regarding.kind, uid ?? [namespace, name], reason, transition]);
  const suffix = createHash("sha256").update(identity).digest("hex").slice(0, 16);
  const stem = name.slice(0, MAX_NAME_CHARS - suffix.length - 1).replace(/[-.]+$/, "");
  return `${stem}.${suffix}`;
}

function referenceTo(object: KubeObject): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion };
}

/** At most so many bytes of UTF-8, cut between characters. */
function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const ellipsis = "…";
  let end = maxBytes - Buffer.byteLength(ellipsis);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString("utf8") + ellipsis;
}
