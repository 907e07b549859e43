/**
 * Is the admission policy that freezes on change in force? Two watches of one object each, for all rollouts: the policy and its
 * binding. There is none where they cannot be read (an older API server, a namespaced install) or were narrowed to some Deployments:
 * whoever relied on it then would have the others roll untried.
 */
import type { Client } from "../cluster/client.ts";
import { createReflector, isRefusal, type Reflector } from "../cluster/reflector.ts";
import { createStore } from "../cluster/store.ts";
import { withoutManagedFields } from "../cluster/trim.ts";
import type { Clock } from "../domain/clock.ts";
import type { KubeObject, Resource } from "../domain/kube.ts";

export interface FreezePolicy {
  inForce(): boolean;
  /** Resolves when it is known whether there is one. */
  readonly known: Promise<void>;
  readonly isKnown: boolean;
  run(signal: AbortSignal): Promise<void>;
}

export interface FreezePolicyOptions {
  readonly client: Pick<Client, "list" | "watch">;
  readonly clock: Clock;
  readonly random: () => number;
  /** It came into force, or is not any more. */
  readonly onChange: () => void;
  /** Neither the kinds' absence nor a missing right: those are answers. */
  readonly onFailure: (resource: string, error: unknown) => void;
}

export const FREEZE_POLICY = "serin-freeze";
const GROUP = { group: "admissionregistration.k8s.io", version: "v1" };
const POLICIES: Resource = { ...GROUP, plural: "mutatingadmissionpolicies", kind: "MutatingAdmissionPolicy" };
const BINDINGS: Resource = { ...GROUP, plural: "mutatingadmissionpolicybindings", kind: "MutatingAdmissionPolicyBinding" };
/** API servers take up a new policy one to three seconds after it was written (seen on Kubernetes 1.36.3). */
const TAKES_EFFECT_MS = 10_000;
/** An API server that starts refuses for a moment what it allows later, and a watch that is allowed says so with its first bookmark. */
const REFUSED_MS = 180_000;
/** Where there is none, it is hardly ever looked for. */
const LOOK_AGAIN_MS = 300_000;

/** One of the two objects, as far as it is known. */
interface Watch {
  readonly reflector: Reflector;
  readonly known: Promise<void>;
  object(): KubeObject | undefined;
  refusedAt(): number | undefined;
}

export function createFreezePolicy(options: FreezePolicyOptions): FreezePolicy {
  const { clock, onChange } = options;
  const watches = [POLICIES, BINDINGS].map((resource) => watchOne(resource, options, look));
  let told = false;
  let cancel = () => {};

  /** Milliseconds since the epoch, from and to; undefined where one of the two is missing. */
  function span(): { readonly from: number; readonly to: number } | undefined {
    const [policy, binding] = watches.map(({ object }) => object());
    if (policy === undefined || binding === undefined || !coversAll(policy, binding)) return undefined;
    const created = [policy, binding].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ""));
    const refused = watches.map(({ refusedAt }) => refusedAt() ?? Number.POSITIVE_INFINITY);
    return { from: Math.max(...created) + TAKES_EFFECT_MS, to: Math.min(...refused) + REFUSED_MS };
  }

  function inForce(): boolean {
    const { from, to } = span() ?? { from: Number.POSITIVE_INFINITY, to: 0 };
    return clock.now() >= from && clock.now() < to;
  }

  function look(): void {
    cancel();
    const { from = 0, to = 0 } = span() ?? {};
    const next = [from, to].filter((at) => at > clock.now() && Number.isFinite(at));
    if (next.length > 0) cancel = clock.schedule(Math.min(...next) - clock.now(), look);
    if (inForce() === told) return;
    told = inForce();
    onChange();
  }

  return {
    inForce,
    known: Promise.all(watches.map(({ known }) => known)).then(() => undefined),
    get isKnown() {
      return watches.every(({ reflector, refusedAt }) => reflector.synced || refusedAt() !== undefined);
    },
    async run(signal) {
      signal.addEventListener("abort", () => cancel(), { once: true });
      await Promise.all(watches.map(({ reflector }) => reflector.run(signal)));
    },
  };
}

function watchOne(resource: Resource, { client, clock, random, onFailure }: FreezePolicyOptions, look: () => void): Watch {
  const fail = (error: unknown) => onFailure(resource.plural, error);
  const store = createStore<KubeObject>({ trim: withoutManagedFields, onListenerError: fail });
  const refused = Promise.withResolvers<void>();
  let refusedAt: number | undefined;
  const reflector = createReflector({
    client,
    resource,
    fieldSelector: `metadata.name=${FREEZE_POLICY}`,
    sink: store,
    clock,
    random,
    refusedMaxMs: LOOK_AGAIN_MS,
    onFailure(error) {
      if (!isRefusal(error)) return fail(error);
      refusedAt ??= clock.now();
      refused.resolve();
      look();
    },
    onRecovery() {
      refusedAt = undefined;
      look();
    },
  });
  store.onChange(look);
  return {
    reflector,
    known: Promise.race([reflector.whenSynced, refused.promise]),
    object: () => store.list()[0],
    refusedAt: () => refusedAt,
  };
}

/** Neither was narrowed by a selector, a name or a parameter, and the binding names the policy. */
function coversAll(policy: KubeObject, binding: KubeObject): boolean {
  const { matchConstraints } = specOf(policy);
  const { policyName, matchResources, paramRef } = specOf(binding);
  return policyName === FREEZE_POLICY && paramRef === undefined && !isNarrow(matchConstraints) && !isNarrow(matchResources);
}

interface Match {
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly excludeResourceRules?: readonly object[];
}

interface PolicySpec {
  readonly policyName?: string;
  readonly matchConstraints?: Match;
  readonly matchResources?: Match;
  readonly paramRef?: object;
}

function specOf(object: KubeObject): PolicySpec {
  return (object["spec"] ?? {}) as PolicySpec;
}

function isNarrow({ namespaceSelector = {}, objectSelector = {}, excludeResourceRules = [] }: Match = {}): boolean {
  return Object.keys({ ...namespaceSelector, ...objectSelector }).length > 0 || excludeResourceRules.length > 0;
}
