/**
 * Is the admission policy that freezes on change in force? Two watches of one object each, for all rollouts: the policy and its
 * binding. Where they cannot be read (an older API server, a namespaced install) there is none.
 */
import type { Client } from "../cluster/client.ts";
import { createReflector } from "../cluster/reflector.ts";
import { createStore } from "../cluster/store.ts";
import { withoutManagedFields } from "../cluster/trim.ts";
import type { Clock } from "../domain/clock.ts";
import type { KubeObject, Resource } from "../domain/kube.ts";

export interface FreezePolicy {
  inForce(): boolean;
  /** Resolves when it is known whether there is one. */
  readonly known: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface FreezePolicyOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  /** It came into force, or is not any more. */
  readonly onChange: () => void;
}

export const FREEZE_POLICY = "serin-freeze";
const GROUP = { group: "admissionregistration.k8s.io", version: "v1" };
const KINDS: readonly Resource[] = [
  { ...GROUP, plural: "mutatingadmissionpolicies", kind: "MutatingAdmissionPolicy" },
  { ...GROUP, plural: "mutatingadmissionpolicybindings", kind: "MutatingAdmissionPolicyBinding" },
];
/** API servers take up a new policy one to three seconds after it was written (seen on Kubernetes 1.36.3). */
const TAKES_EFFECT_MS = 10_000;

export function createFreezePolicy({ client, clock, random, onChange }: FreezePolicyOptions): FreezePolicy {
  const { promise: known, resolve } = Promise.withResolvers<void>();
  const watched = KINDS.map((resource) => {
    const store = createStore<KubeObject>({ trim: withoutManagedFields, onListenerError: () => {} });
    const sink = { client, resource, fieldSelector: `metadata.name=${FREEZE_POLICY}`, sink: store, clock, random };
    // Without the right to read it, nobody may rely on it.
    const reflector = createReflector({ ...sink, onFailure: () => resolve() });
    store.onChange(look);
    return { store, reflector };
  });
  let told = false;
  let cancel = () => {};

  /** Milliseconds since the epoch; undefined where one of the two is missing. */
  function inForceFrom(): number | undefined {
    const created = watched.map(({ store }) => store.list()[0]?.metadata.creationTimestamp);
    return created.includes(undefined) ? undefined : Math.max(...created.map((at) => Date.parse(at ?? ""))) + TAKES_EFFECT_MS;
  }

  function inForce(): boolean {
    const from = inForceFrom();
    return from !== undefined && clock.now() >= from;
  }

  function look(): void {
    cancel();
    const from = inForceFrom();
    if (from !== undefined && clock.now() < from) cancel = clock.schedule(from - clock.now(), look);
    if (inForce() === told) return;
    told = inForce();
    onChange();
  }

  void Promise.all(watched.map(({ reflector }) => reflector.whenSynced)).then(() => resolve());
  return {
    inForce,
    known,
    async run(signal) {
      signal.addEventListener("abort", () => cancel(), { once: true });
      await Promise.all(watched.map(({ reflector }) => reflector.run(signal)));
    },
  };
}
