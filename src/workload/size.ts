/**
 * How many canary pods a weight needs, and how fast to get there (workloads.md, "Try").
 *
 * Load per pod stays equal: with n stable pods at 100 - w percent, w percent needs n w / (100 - w) pods. Growth is slow
 * on purpose: one pod first, since an autoscaler counts unready pods as idle and disruption budgets count them as
 * missing; then in batches, since many pods starting at once exhaust what they share.
 */
import type { Deployment } from "../domain/kube.ts";

export type TrialReplicas = "Proportional" | "Full" | number;

/** `n` is the Deployment's size, `weight` in percent. 0 only where n is 0. */
export function trialSize(n: number, weight: number, replicas: TrialReplicas): number {
  if (n <= 0) return 0;
  if (weight >= 100 || replicas === "Full") return n;
  const wanted = replicas === "Proportional" ? Math.ceil((n * weight) / (100 - weight)) : replicas;
  return Math.min(n, Math.max(1, wanted));
}

/**
 * The size to write now, on the way from `current` to `target`; shrinking is allowed at once. `available` counts the
 * trial's available pods, of which `maxUnready` may lack, never the first. `n` is the Deployment's size.
 */
export function nextSize(
  current: number,
  target: number,
  available: number,
  n: number,
  maxSurge: number | string | undefined,
  maxUnready = 0,
): number {
  if (target <= current) return target;
  if (current <= 0) return Math.min(1, target);
  if (available < Math.max(1, current - maxUnready)) return current;
  const batch = Math.max(1, resolvedSurge(maxSurge, n), Math.ceil(n / 4));
  return Math.min(target, current + batch);
}

/** A count, or a percentage of n rounded up; absent: Kubernetes' default of 25 %. */
export function resolvedSurge(maxSurge: number | string | undefined, n: number): number {
  if (typeof maxSurge === "number") return Math.max(0, maxSurge);
  const percent = /^(\d+)%$/.exec(maxSurge ?? "25%");
  return percent === null ? 0 : Math.ceil((Number(percent[1]) * n) / 100);
}

/** How many pods above `spec.replicas` Kubernetes allows this Deployment. */
export function surgeOf(deployment: Deployment): number {
  const strategy = deployment.spec.strategy;
  if ((strategy?.type ?? "RollingUpdate") !== "RollingUpdate") return 0;
  return resolvedSurge(strategy?.rollingUpdate?.maxSurge, replicasOf(deployment));
}

/** `spec.replicas` with Kubernetes' default. */
export function replicasOf(object: { readonly spec: { readonly replicas?: number } }): number {
  return object.spec.replicas ?? 1;
}

/** What Kubernetes writes on a set that it has sized; a paused Deployment takes a set without it for a scaling event. */
export function desiredAnnotations(deployment: Deployment): Record<string, string> {
  const n = replicasOf(deployment);
  return {
    "deployment.kubernetes.io/desired-replicas": String(n),
    "deployment.kubernetes.io/max-replicas": String(n + surgeOf(deployment)),
  };
}
