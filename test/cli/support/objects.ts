/** A rollout in any state, with the Deployment and the sets that belong to it. All times count from NOON. */
import type { CanaryRolloutStatus } from "../../../src/api/status.ts";
import { type Facts, factsOf } from "../../../src/cli/release/facts.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "../../../src/domain/kube.ts";
import type { RolloutObject } from "../../../src/engine/types.ts";
import { revisionOf } from "../../../src/workload/revision.ts";
import { withHash } from "../../../src/workload/template.ts";

export const NOON = Date.UTC(2026, 10, 25, 12);
export const STABLE_IMAGE = "ghcr.io/shop/checkout:v2.3.0";
export const CANARY_IMAGE = "ghcr.io/shop/checkout:v2.3.1";
export const STABLE_HASH = "7d9f6c5b4";

export function at(seconds: number): string {
  return new Date(NOON + seconds * 1000).toISOString();
}

export function template(image: string): PodTemplate {
  return { metadata: { labels: { app: "checkout" } }, spec: { containers: [{ name: "app", image }] } };
}

export const CANARY_REVISION = revisionOf(template(CANARY_IMAGE));

export function deployment(image = STABLE_IMAGE, more: Partial<Deployment["spec"]> = {}): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "shop", uid: "deployment-uid", generation: 2 },
    spec: { replicas: 10, paused: true, selector: { matchLabels: { app: "checkout" } }, template: template(image), ...more },
  };
}

export function stableSet(ready = 10): ReplicaSet {
  return set(`checkout-${STABLE_HASH}`, withHash(template(STABLE_IMAGE), STABLE_HASH), 10, ready, true);
}

export function trialSet(replicas = 3, ready = replicas): ReplicaSet {
  const tried = withHash(template(CANARY_IMAGE), CANARY_REVISION);
  const one = set(`checkout-${CANARY_REVISION}`, tried, replicas, ready, false);
  const labels = { "serin.dev/managed-by": "checkout", "serin.dev/role": "trial" };
  return { ...one, metadata: { ...one.metadata, labels } };
}

function set(name: string, podTemplate: PodTemplate, replicas: number, ready: number, controller: boolean): ReplicaSet {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: "deployment-uid", controller };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "shop", uid: `${name}-uid`, labels: podTemplate.metadata?.labels ?? {}, ownerReferences: [owner] },
    spec: { replicas, selector: { matchLabels: podTemplate.metadata?.labels ?? {} }, template: podTemplate },
    status: { replicas, readyReplicas: ready, availableReplicas: ready },
  };
}

export function condition(type: string, status: "True" | "False", reason: string, message = "") {
  return { type, status, reason, message, lastTransitionTime: at(0), observedGeneration: 1 };
}

export function rollout(status: CanaryRolloutStatus | undefined, spec: Readonly<Record<string, unknown>> = {}): RolloutObject {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryRollout",
    metadata: { name: "checkout", namespace: "shop", uid: "rollout-uid", generation: 1, creationTimestamp: at(-86_400) },
    spec: { targetRef: { kind: "Deployment", name: "checkout" }, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export const STABLE = { revision: STABLE_HASH, podTemplateHash: STABLE_HASH, images: [STABLE_IMAGE], readyReplicas: 10 };
export const CANARY = {
  revision: CANARY_REVISION,
  podTemplateHash: CANARY_REVISION,
  attempt: 0,
  images: [CANARY_IMAGE],
  startedAt: at(-600),
};
export const MANAGED = { deployment: "checkout", services: ["checkout", "checkout-stable", "checkout-canary"], route: "checkout" };

export type Status = CanaryRolloutStatus;

export function ready(more: Partial<Status> = {}): Status {
  return {
    observedGeneration: 1,
    phase: "Ready",
    message: "the template that runs is the Deployment's",
    stable: STABLE,
    managed: { deployment: "checkout" },
    conditions: [condition("Ready", "True", "Idle")],
    ...more,
  };
}

/** At step 3 of 4, 20 %, analysing for four minutes. */
export function progressing(more: Partial<Status> = {}): Status {
  return {
    observedGeneration: 1,
    phase: "Progressing",
    message: "step 3/4, 20 %: gathering evidence",
    stable: STABLE,
    canary: CANARY,
    managed: MANAGED,
    step: { index: 2, weight: "20%", state: "Analysing", startedAt: at(-240) },
    traffic: { weight: "20%", writtenAt: at(-240), observedShare: "19.6%", confirmedAt: at(-30) },
    analysis: {
      verdict: "Inconclusive",
      checks: [
        {
          name: "success-rate",
          verdict: "Inconclusive",
          canary: "98.91%",
          stable: "99.93%",
          requests: { canary: 1204, stable: 4890 },
          why: "canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so",
        },
        {
          name: "latency-p99",
          verdict: "Pass",
          canary: "99.90% within 300ms",
          stable: "99.95% within 300ms",
          requests: { canary: 1191, stable: 4887 },
        },
      ],
    },
    conditions: [condition("Ready", "False", "Progressing"), condition("Reconciling", "True", "Progressing")],
    ...more,
  };
}

export function paused(reason: string, more: Partial<Status> = {}, stalled = false): Status {
  const conditions = [condition("Ready", "False", reason), condition(stalled ? "Stalled" : "Reconciling", "True", reason)];
  return progressing({ phase: "Paused", conditions, ...more });
}

/** Failed under onFail: Stop. */
export function stopped(): Status {
  const { history } = rolledBack();
  const ended = (history ?? []).map((entry) => ({ ...entry, outcome: "Stopped" as const }));
  const message = "stopped (AnalysisFailed: 41/594 failed); the canary's pods are kept: serin abort, retry or promote checkout";
  return paused("Stopped", {
    canary: { ...CANARY, outcome: "Stopped", reason: "AnalysisFailed", decidedAt: at(-60) },
    history: ended,
    traffic: { weight: "0%" },
    waitingFor: "Person",
    message,
  });
}

export function rolledBack(more: Partial<Status> = {}): Status {
  return {
    observedGeneration: 1,
    phase: "RolledBack",
    message: `${CANARY_REVISION} was refused`,
    stable: STABLE,
    canary: { ...CANARY, outcome: "RolledBack", reason: "AnalysisFailed", decidedAt: at(-60) },
    managed: { deployment: "checkout" },
    step: { index: 2, weight: "20%", state: "Analysing", startedAt: at(-240) },
    traffic: { weight: "0%" },
    history: [
      {
        revision: CANARY_REVISION,
        attempt: 0,
        outcome: "RolledBack",
        startedAt: CANARY.startedAt,
        finishedAt: at(-60),
        reason: "AnalysisFailed: success-rate: canary 41/594 failed, stable 3/4,310 failed: too many for at least 99%",
        failedRequests: 41,
        maxWeight: "20%",
      },
    ],
    conditions: [condition("Ready", "False", "AnalysisFailed"), condition("Stalled", "True", "AnalysisFailed")],
    ...more,
  };
}

/** Everything as it is while the canary is tried. */
export function during(status: Status, more: { readonly spec?: Readonly<Record<string, unknown>>; readonly ready?: number } = {}): Facts {
  const sets = [stableSet(), trialSet(3, more.ready ?? 3)];
  return factsOf({ rollout: rollout(status, more.spec), deployment: deployment(CANARY_IMAGE), sets });
}

/** Nothing is tried. */
export function idle(status: Status | undefined, image = STABLE_IMAGE): Facts {
  return factsOf({ rollout: rollout(status), deployment: deployment(image), sets: [stableSet()] });
}
