/**
 * What a person asks for by command, as the annotation that says so; refused where nothing would act on it. Pure. The
 * controller decides again: what is refused here is what it would ignore with an event.
 */
import { INTENTS } from "../../api/marks.ts";
import { REASON } from "../../api/reasons.ts";
import type { CanaryStatus } from "../../api/status.ts";
import type { IntentKind } from "../../engine/intents.ts";
import { ladderOf } from "../../engine/scene.ts";
import type { Facts } from "../release/facts.ts";
import { stepText } from "../release/words.ts";

export interface Asked {
  readonly ok: true;
  readonly annotation: string;
  readonly value: string;
  /** What will happen, for the person who asked. */
  readonly next: string;
  /** For whoever waits: the first attempt of the revision that counts. */
  readonly attempt?: number;
}

export interface Refused {
  readonly ok: false;
  readonly why: string;
  readonly help: string;
}

export interface IntentInput {
  readonly facts: Facts;
  readonly now: number;
  /** promote: skip the rest of the ladder too. */
  readonly full?: boolean | undefined;
}

export const INTENT: Readonly<Record<IntentKind, (input: IntentInput) => Asked | Refused>> = { promote, abort, retry, restart };

function promote({ facts, now, full = false }: IntentInput): Asked | Refused {
  const { status, name } = facts;
  const { waitingFor, canary } = status;
  if (!(facts.open || facts.stopped) || canary?.revision === undefined)
    return refused(`no release of ${name} runs${stateText(facts)}`, `serin status ${name}`);
  if (!waitingFor) {
    const why = `nothing waits for a person: ${status.message ?? stepText(facts)}`;
    return refused(why, "promote passes what status.waitingFor names, and nothing that is not there yet");
  }
  if (facts.stopped) return goOn(facts, canary, now, full);
  const suspended = facts.reason === REASON.Suspended ? " as soon as the suspension ends" : "";
  const goal = full ? "the rest of the steps is skipped: 100 %, bake, hand-over" : nextStep(facts);
  return asked("promote", `${canary.revision}${full ? "/full" : ""}`, now, `${waitingFor} is passed${suspended}; next: ${goal}`);
}

/** From where it was stopped, as another attempt. */
function goOn({ status }: Facts, { revision, attempt }: CanaryStatus, now: number, full: boolean): Asked {
  const from = full ? "100 %, the bake" : `the step at which it was stopped (${status.step?.weight})`;
  return {
    ...asked("promote", `${revision}${full ? "/full" : ""}`, now, `it is tried again from ${from}, and judged afresh`),
    attempt: attempt + 1,
  };
}

function abort({ facts, now }: IntentInput): Asked | Refused {
  const { status, name } = facts;
  if (!(facts.open || facts.stopped) || status.canary?.revision === undefined)
    return refused(`no release of ${name} runs${stateText(facts)}`, `serin status ${name}`);
  const late = status.phase === "Promoting" ? "; if the pods are handed over already it is too late, then release the old template" : "";
  return asked(
    "abort",
    status.canary.revision,
    now,
    `all requests go back to stable, then the trial's pods go; the Deployment stays frozen${late}`,
  );
}

function retry({ facts, now }: IntentInput): Asked | Refused {
  const { status, name, revision, pending, stopped } = facts;
  const { canary } = status;
  if (!(canary?.outcome === "RolledBack" || stopped) || canary?.revision === undefined)
    return refused(`nothing of ${name} was refused${stateText(facts)}`, `serin status ${name}`);
  if (!pending || revision !== canary.revision) {
    return refused(`the Deployment does not ask for ${canary.revision} any more`, "what it asks for now is a release of its own");
  }
  return { ...asked("retry", canary.revision, now, `${canary.revision} is tried again from its first step`), attempt: canary.attempt + 1 };
}

function restart({ facts, now }: IntentInput): Asked | Refused {
  const { status, name, deployment, open, pending } = facts;
  if (deployment === undefined) return refused(`the Deployment of ${name} does not exist`, `serin status ${name}`);
  if (open) return refused(`a release runs${stateText(facts)}: a restart would take its place`, `wait for its end, or serin abort ${name}`);
  if (pending)
    return refused(
      "the Deployment's template is not what runs: a restart would release it",
      `serin status ${name}; serin retry ${name} where it was refused`,
    );
  if (status.phase !== "Ready") return refused(`${name} is not Ready${stateText(facts)}`, `serin status ${name}`);
  const time = new Date(now).toISOString();
  return { ok: true, annotation: INTENTS.restart, value: time, next: "the same images are released with new pods, step by step" };
}

function asked(kind: IntentKind, revision: string, now: number, next: string): Asked {
  return { ok: true, annotation: INTENTS[kind], value: `${revision}#${new Date(now).toISOString()}`, next };
}

function refused(why: string, help: string): Refused {
  return { ok: false, why, help };
}

function stateText({ status }: Facts): string {
  return status.phase === undefined ? "" : ` (${status.phase})`;
}

function nextStep({ policy, status }: Facts): string {
  const ladder = policy && ladderOf(policy);
  const index = (status.step?.index ?? 0) + 1;
  if (ladder === undefined) return "the step after it";
  const following = ladder[index];
  if (following === undefined) return "hand-over";
  return index === ladder.length - 1 ? "bake at 100 %" : `${following.weight} %`;
}
