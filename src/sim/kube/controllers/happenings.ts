/** What the controllers tell of what they did, in the words of Kubernetes 1.36, and the events that are made of it. */
import type { Clock } from "../../../domain/clock.ts";
import type { KubeObject } from "../../../domain/kube.ts";
import type { KubeStore } from "../store.ts";
import { type LiveDeployment, type LiveSet, sizeOf } from "./objects.ts";
import type { Done } from "./writes.ts";

export interface Happening {
  readonly about: KubeObject;
  readonly component: "deployment-controller" | "replicaset-controller";
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export type Tell = (happening: Happening) => void;

/** Of the sets that were made or resized; `sets` as they were before. */
export function scalings(deployment: LiveDeployment, sets: readonly LiveSet[], done: readonly Done[]): readonly Happening[] {
  return done.flatMap(({ verb, object }): readonly Happening[] => {
    if (object.kind !== "ReplicaSet" || (verb !== "create" && verb !== "replace")) return [];
    const before = verb === "create" ? 0 : sizeOf(sets.find(({ metadata }) => metadata.uid === object.metadata.uid) ?? (object as LiveSet));
    const after = sizeOf(object as LiveSet);
    if (before === after) return [];
    const message = `Scaled ${after > before ? "up" : "down"} replica set ${object.metadata.name} from ${before} to ${after}`;
    return [{ about: deployment, component: "deployment-controller", type: "Normal", reason: "ScalingReplicaSet", message }];
  });
}

export function podMade(set: LiveSet, pod: string): Happening {
  return ofSet(set, "SuccessfulCreate", `Created pod: ${pod}`);
}

export function podDeleted(set: LiveSet, pod: string): Happening {
  return ofSet(set, "SuccessfulDelete", `Deleted pod: ${pod}`);
}

export function podRefused(set: LiveSet, reason: "FailedCreate" | "FailedDelete", message: string): Happening {
  return { ...ofSet(set, reason, `Error ${reason === "FailedCreate" ? "creating" : "deleting"}: ${message}`), type: "Warning" };
}

function ofSet(about: LiveSet, reason: string, message: string): Happening {
  return { about, component: "replicaset-controller", type: "Normal", reason, message };
}

const EVENTS = { group: "", version: "v1", plural: "events", kind: "Event" };

/** Keeps them as events of the store: told again, the same one counts on. */
export function eventTeller(store: KubeStore, clock: Clock): Tell {
  const told = new Map<string, string>();
  return ({ about, component, type, reason, message }) => {
    const { name, namespace = "", uid = "", resourceVersion } = about.metadata;
    const at = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const key = [uid, reason, message].join("\n");
    const before = told.get(key);
    const known = before === undefined ? undefined : store.find(EVENTS, namespace, before);
    if (known !== undefined) {
      const body = { count: Number(known["count"] ?? 1) + 1, lastTimestamp: at };
      store.patch(EVENTS, namespace, known.metadata.name, { type: "merge", body });
      return;
    }
    const made = store.create(EVENTS, namespace, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: eventName(name, clock.now(), told.size), namespace },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
      ...{ type, reason, message, count: 1, firstTimestamp: at, lastTimestamp: at, eventTime: null },
      ...{ source: { component }, reportingComponent: component, reportingInstance: "" },
    });
    told.set(key, made.metadata.name);
  };
}

/** As client-go names them: by the object and the nanosecond; `serial` stands for what a clock of milliseconds lacks. */
function eventName(object: string, now: number, serial: number): string {
  return `${object}.${(BigInt(now) * 1_000_000n + BigInt(serial % 1_000_000)).toString(16)}`;
}
