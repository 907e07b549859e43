/**
 * What people ask for by annotation, on the CanaryRollout or on its target. Each value acts once; what has acted is
 * remembered in status, and taking the annotation away undoes nothing.
 *
 *   promote, abort, retry   <revision>[/full][#<any text>], any unique prefix of 4 characters or more
 *   restart                 any token
 *   suspend                 a state: holds as long as it is there
 */
import { INTENTS } from "../api/marks.ts";
import type { CanaryRolloutStatus } from "../api/status.ts";
import type { Observed } from "./types.ts";

export type IntentKind = "promote" | "abort" | "retry" | "restart";

export interface Intent {
  readonly kind: IntentKind;
  readonly value: string;
  /** The part before `/` and `#`. */
  readonly revision: string;
  readonly full: boolean;
}

const REMEMBERED = 4;
const MIN_PREFIX = 4;

/** Values that have not acted yet, in the order of precedence. */
export function freshIntents(o: Observed): readonly Intent[] {
  return KINDS.flatMap((kind) => {
    const values = valuesOf(o, INTENTS[kind]);
    const acted = o.rollout.status?.intents?.[kind] ?? [];
    return values.filter((value) => !acted.includes(value)).map((value) => parseIntent(kind, value));
  });
}

const KINDS: readonly IntentKind[] = ["abort", "promote", "retry", "restart"];

export function parseIntent(kind: IntentKind, value: string): Intent {
  const [head = ""] = value.split("#");
  const full = head.endsWith("/full");
  return { kind, value, revision: full ? head.slice(0, -"/full".length) : head, full };
}

export function names(intent: Intent, revision: string): boolean {
  return intent.revision.length >= MIN_PREFIX && revision.startsWith(intent.revision);
}

/** The reason for a suspension, by spec or by annotation. */
export function suspension(o: Observed): string | undefined {
  const [reason] = valuesOf(o, INTENTS.suspend);
  if (reason !== undefined) {
    return reason;
  }
  return o.spec.ok && o.spec.policy.suspend ? "spec.suspend" : undefined;
}

export function used(status: CanaryRolloutStatus, intents: readonly Intent[]): CanaryRolloutStatus {
  const remembered = { ...status.intents };
  for (const { kind, value } of intents) {
    remembered[kind] = [...(remembered[kind] ?? []), value].slice(-REMEMBERED);
  }
  return intents.length === 0 ? status : { ...status, intents: remembered };
}

function valuesOf(o: Observed, annotation: string): readonly string[] {
  const own = o.rollout.metadata.annotations?.[annotation] ?? "";
  const onTarget = o.deployment?.metadata.annotations?.[annotation] ?? "";
  return (own === onTarget ? [own] : [own, onTarget]).filter((value) => value !== "");
}
