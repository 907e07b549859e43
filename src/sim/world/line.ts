/**
 * The way from one controller's process to the API server: slow, cut, or closed by the fence. A request that was sent arrives, also
 * where the process that sent it has ended or lost its lease meanwhile.
 */
import { type Call, errorFenced, errorWithoutAnswer } from "../../cluster/errors.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Verbs } from "../../domain/kube.ts";
import { Killed } from "./faults.ts";

export interface Line {
  /** How long the next request is under way. */
  delayMs: () => number;
  /** Nothing gets through any more. */
  cut: boolean;
  /** The fence, asked when a write is sent. */
  mayWrite: () => boolean;
  /** The process ended: it hears no answer. */
  ended: boolean;
}

/** Requests under way on every line. */
export interface UnderWay {
  count: number;
}

export function openLine(): Line {
  return { delayMs: () => 0, cut: false, mayWrite: () => true, ended: false };
}

export function verbsOver(line: Line, verbs: Verbs, clock: Clock, underWay: UnderWay): Verbs {
  async function later<T>(ms: number, send: () => Promise<T>): Promise<T> {
    underWay.count += 1;
    await clock.sleep(ms);
    underWay.count -= 1;
    const answer = await send();
    if (line.ended) {
      throw new Killed();
    }
    return answer;
  }

  function request<T>(call: Call, send: () => Promise<T>): Promise<T> {
    if (line.cut) {
      return Promise.reject(errorWithoutAnswer(call, "Unreachable", new Error("the line is cut")));
    }
    const ms = line.delayMs();
    return ms === 0 ? send() : later(ms, send);
  }

  const write = <T>(call: Call, send: () => Promise<T>) => (line.mayWrite() ? request(call, send) : Promise.reject(errorFenced(call)));

  return {
    get: (resource, namespace, name) => request({ verb: "get", resource, namespace, name }, () => verbs.get(resource, namespace, name)),
    create: (resource, object) => write({ verb: "create", resource, name: object.metadata.name }, () => verbs.create(resource, object)),
    mergePatch: (resource, namespace, name, patch) =>
      write({ verb: "patch", resource, namespace, name }, () => verbs.mergePatch(resource, namespace, name, patch)),
    jsonPatch: (resource, namespace, name, operations) =>
      write({ verb: "patch", resource, namespace, name }, () => verbs.jsonPatch(resource, namespace, name, operations)),
    patchStatus: (resource, namespace, name, patch) =>
      write({ verb: "patch", resource, subresource: "status", namespace, name }, () => verbs.patchStatus(resource, namespace, name, patch)),
    delete: (resource, namespace, name, options) =>
      write({ verb: "delete", resource, namespace, name }, () => verbs.delete(resource, namespace, name, options)),
  };
}
