/**
 * Has the release that somebody waits for been decided? Pure: folded over every look at the cluster.
 *
 * It can't answer for the release before: what counts is the revision of the template that was asked for, seen in the
 * Deployment, and only entries of the history that came after the waiting began.
 */
import { REASON } from "../../api/reasons.ts";
import type { HistoryEntry, Outcome } from "../../api/status.ts";
import { names } from "../../engine/intents.ts";
import { imagesOf } from "../../workload/template.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Facts } from "../release/facts.ts";
import { exitCodeOf } from "../release/state.ts";
import { progressLine, tagOf } from "../release/words.ts";

export interface Wanted {
  /** The whole reference, or its end from a `/` on. */
  readonly image?: string | undefined;
  /** A prefix of 4 characters or more. Without image and revision: what the Deployment asks for when the waiting begins. */
  readonly revision?: string | undefined;
  /** Any other revision than this one, for a restart, whose revision comes into being when the controller acts. */
  readonly differentFrom?: string | undefined;
  /** Of the same revision, for a retry: the first attempt that counts. */
  readonly attempt?: number | undefined;
  readonly waitForPerson: boolean;
}

export interface Memory {
  /** The revision that is waited for, once it was seen. */
  readonly revision: string | undefined;
  /** Entries of the history from before. */
  readonly old: ReadonlySet<string>;
}

export type Look =
  | { readonly type: "going"; readonly memory: Memory; readonly line: string }
  | { readonly type: "ended"; readonly code: ExitCode; readonly text: string; readonly revision: string | undefined };

/** Gone as soon as what they name is there: a pipeline may apply a rollout before its Deployment. */
const PASSING: readonly string[] = [REASON.TargetMissing, REASON.ServiceMissing, REASON.RouteKindMissing];

export function begin({ status }: Facts): Memory {
  return { revision: undefined, old: new Set((status.history ?? []).map(keyOf)) };
}

export function look(facts: Facts, wanted: Wanted, before: Memory): Look {
  const matching = matches(facts, wanted, before) ? facts.revision : undefined;
  const revision = matching ?? before.revision;
  const memory = { ...before, revision };
  const ended = (code: ExitCode, text: string): Look => ({ type: "ended", code, text, revision });
  const going = (line: string): Look => ({ type: "going", memory, line });
  if (revision === undefined) return going(`waiting for ${textOf(wanted)}: the Deployment asks for ${askedFor(facts)}`);

  const entry = (facts.status.history ?? []).find((one) => one.revision === revision && !memory.old.has(keyOf(one)));
  if (entry !== undefined) return ended(...outcomeOf(entry));
  const mine = facts.status.canary?.revision === revision && (facts.status.canary.attempt ?? 0) >= (wanted.attempt ?? 0);
  if (matching === undefined) {
    return mine
      ? going(progressLine(facts))
      : ended(EXIT.superseded, `${revision} gave way before it began: the Deployment asks for ${askedFor(facts)}`);
  }
  return stands(facts, wanted, mine, revision, ended) ?? going(progressLine(facts));
}

/** What the status says about the revision that the Deployment asks for, where that is the last word. */
function stands(
  facts: Facts,
  wanted: Wanted,
  mine: boolean,
  revision: string,
  ended: (code: ExitCode, text: string) => Look,
): Look | undefined {
  const { status, observed, pending, stableSet, open, reason } = facts;
  const message = status.message ?? "";
  if (mine && status.canary?.outcome === "RolledBack")
    return ended(EXIT.failed, `${revision} was refused: ${whyRefused(status, revision)}`);
  if (!observed || (open && !mine) || facts.unseen) return undefined;
  if (stableSet !== undefined && !pending && status.phase === "Ready") return ended(EXIT.done, `${revision} is stable`);
  const code = exitCodeOf(facts);
  switch (code) {
    case EXIT.inconclusive:
    case EXIT.badInput:
    case EXIT.unreachable:
      return ended(code, `${reason}: ${message}`);
    case EXIT.waitingForPerson:
      return wanted.waitForPerson ? undefined : ended(code, `${reason}: ${message}`);
    case EXIT.failed:
      return status.phase === "Stalled" && !PASSING.includes(reason) ? ended(code, `${reason}: ${message}`) : undefined;
    default:
      return undefined;
  }
}

/** The history has the figures, the canary's own entry only the word. */
function whyRefused({ history, canary, message }: Facts["status"], revision: string): string {
  const entry = history?.find((one) => one.revision === revision && one.outcome === "RolledBack");
  return entry?.reason ?? canary?.reason ?? message ?? "";
}

function matches({ deployment, revision }: Facts, wanted: Wanted, before: Memory): boolean {
  if (deployment === undefined || revision === undefined) return false;
  if (wanted.revision !== undefined) return names({ kind: "promote", value: "", revision: wanted.revision, full: false }, revision);
  const { image } = wanted;
  if (image === undefined) return before.revision === undefined ? revision !== wanted.differentFrom : before.revision === revision;
  return imagesOf(deployment.spec.template).some((used) => used === image || used.endsWith(`/${image}`));
}

const OUTCOME: Readonly<Record<Outcome, readonly [ExitCode, string]>> = {
  Promoted: [EXIT.done, "was promoted"],
  NoPods: [EXIT.done, "was taken over without steps, since there are no pods"],
  Shipped: [EXIT.done, "was shipped"],
  RolledBack: [EXIT.failed, "was rolled back"],
  Stopped: [EXIT.waitingForPerson, "was stopped at weight 0 and waits for a person"],
  Superseded: [EXIT.superseded, "was superseded"],
  Reverted: [EXIT.superseded, "was reverted"],
  Removed: [EXIT.failed, "was given up, since the CanaryRollout was deleted"],
};

function outcomeOf(entry: HistoryEntry): [ExitCode, string] {
  const [code, words] = OUTCOME[entry.outcome];
  return [code, `${entry.revision} ${words}${code === EXIT.done || !entry.reason ? "" : `: ${entry.reason}`}`];
}

function keyOf({ revision, attempt, startedAt }: HistoryEntry): string {
  return `${revision}/${attempt ?? 0}/${startedAt}`;
}

function textOf({ image, revision, differentFrom }: Wanted): string {
  if (differentFrom !== undefined) return `a template after ${differentFrom}`;
  return image === undefined ? `revision ${revision}` : `image ${image}`;
}

function askedFor({ deployment, revision }: Facts): string {
  return deployment === undefined
    ? "nothing, it is not there"
    : `${imagesOf(deployment.spec.template).map(tagOf).join(", ")} (${revision})`;
}
