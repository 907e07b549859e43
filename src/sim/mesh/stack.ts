/**
 * What one client's proxy holds in force for one parent. A policy that it cannot build (all weights zero) breaks the part that
 * listens for changes: the old split stays, whatever is written later, until the client has been idle and builds anew.
 */
import type { Policy } from "./policy.ts";
import { isImpossible } from "./split.ts";

export interface Stack {
  readonly inForce: Policy;
  readonly newest: Policy;
  readonly broken: boolean;
  readonly usedAt: number;
}

/** Seen on real proxies: after 2 s of idleness the stack is still the old one, after 8 s it is not. */
const IDLE_MS = 7500;

export function buildStack(policy: Policy, now: number): Stack {
  return { inForce: policy, newest: policy, broken: policy.some(isImpossible), usedAt: now };
}

export function updateStack(stack: Stack, policy: Policy): Stack {
  if (stack.broken) return { ...stack, newest: policy };
  const broken = policy.some(isImpossible);
  return { ...stack, inForce: broken ? stack.inForce : policy, newest: policy, broken };
}

/** Before each request. */
export function useStack(stack: Stack, now: number): Stack {
  return now - stack.usedAt > IDLE_MS ? buildStack(stack.newest, now) : { ...stack, usedAt: now };
}
