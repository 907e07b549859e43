/** Faults between any two writes: verbs that count what goes through, and end the process where they are told to. */
import type { KubeObject, Resource, Verbs } from "../../domain/kube.ts";

/** The process was killed: nothing after it runs. Not an error that the controller could handle. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface Write {
  readonly verb: string;
  readonly resource: Resource;
  readonly name: string;
}

export interface FaultPlan {
  /** Number of the write (from 1) at which the process ends; undefined: never. */
  killAt: number | undefined;
  /** Before the write, or after it was done and before its answer was read. */
  when: "before" | "after";
  /** Refuses or breaks a write; called before each. */
  refuse: ((write: Write) => Error | undefined) | undefined;
  /** Breaks the answer to a write that was done. */
  lose: ((write: Write) => Error | undefined) | undefined;
}

export interface FaultyVerbs extends Verbs {
  readonly plan: FaultPlan;
  readonly writes: number;
  /** A new process: what the old one still tries goes nowhere until then. */
  revive(): void;
}

export function faultyVerbs(verbs: Verbs, onWrite: (write: Write) => void): FaultyVerbs {
  const plan: FaultPlan = { killAt: undefined, when: "before", refuse: undefined, lose: undefined };
  let writes = 0;
  let dead = false;

  function die(): never {
    dead = true;
    throw new Killed();
  }

  async function write<T>(one: Write, send: () => Promise<T>): Promise<T> {
    if (dead) {
      throw new Killed();
    }
    const refusal = plan.refuse?.(one);
    if (refusal !== undefined) {
      throw refusal;
    }
    writes += 1;
    const fatal = plan.killAt === writes;
    if (fatal && plan.when === "before") {
      die();
    }
    const answer = await send();
    onWrite(one);
    if (fatal) {
      die();
    }
    const loss = plan.lose?.(one);
    if (loss !== undefined) {
      throw loss;
    }
    return answer;
  }

  return {
    plan,
    get writes() {
      return writes;
    },
    revive() {
      dead = false;
      plan.killAt = undefined;
    },
    get: (...args) => (dead ? Promise.reject(new Killed()) : verbs.get(...args)),
    create: (resource, object: KubeObject) =>
      write({ verb: "create", resource, name: object.metadata.name }, () => verbs.create(resource, object)),
    mergePatch: (resource, namespace, name, patch) =>
      write({ verb: "patch", resource, name }, () => verbs.mergePatch(resource, namespace, name, patch)),
    jsonPatch: (resource, namespace, name, operations) =>
      write({ verb: "patch", resource, name }, () => verbs.jsonPatch(resource, namespace, name, operations)),
    patchStatus: (resource, namespace, name, patch) =>
      write({ verb: "status", resource, name }, () => verbs.patchStatus(resource, namespace, name, patch)),
    delete: (resource, namespace, name, options) =>
      write({ verb: "delete", resource, name }, () => verbs.delete(resource, namespace, name, options)),
  };
}
