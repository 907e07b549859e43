/** How far a rolling update may stray from the size: surge is rounded up, unavailability down, and they are never both 0. */
import type { Deployment } from "../../../../domain/kube.ts";
import { sizeOf } from "../objects.ts";

export interface Limits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

export function limitsOf(deployment: Deployment): Limits {
  const size = sizeOf(deployment);
  if (!isRolling(deployment)) {
    return { maxSurge: 0, maxUnavailable: 0 };
  }
  const { maxSurge: surge = 0, maxUnavailable: unavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {};
  const maxSurge = scaled(surge, size, Math.ceil);
  const rounded = scaled(unavailable, size, Math.floor);
  const maxUnavailable = maxSurge === 0 && rounded === 0 ? 1 : rounded;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, size) };
}

export function isRolling(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type === "RollingUpdate";
}

function scaled(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseInt(value, 10) * total) / 100);
}
