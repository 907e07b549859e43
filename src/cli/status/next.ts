/** What comes next by itself, and what a person can do. Pure. */
import { HANDS_OFF } from "../../api/marks.ts";
import type { StepPolicy } from "../../api/policy.ts";
import { REASON } from "../../api/reasons.ts";
import { ladderOf } from "../../engine/scene.ts";
import type { Facts } from "../release/facts.ts";
import { clockTime } from "./picture.ts";

export function nextText(facts: Facts, timeZone: string | undefined): string {
  const { status, name, reason, stalled } = facts;
  switch (status.phase) {
    case undefined:
    case "Initializing":
      return "adoption of the Deployment, then Ready";
    case "Ready":
      return facts.unseen ? "a release, once the controller has seen the template" : "a release, when the template changes";
    case "Pending":
      return "the release starts";
    case "Progressing":
      return facts.open ? progressing(facts, timeZone) : "the newest template is tried";
    case "Paused":
      return paused(facts);
    case "Promoting":
      return "Ready, when the old pods are gone";
    case "RollingBack":
      return "the trial's pods go; users are on stable already";
    case "RolledBack":
      return `fix or revert the template, or serin retry ${name}`;
    case "Stalled":
      return stalled && reason === REASON.MetricsUnavailable ? "goes on when the metrics are back" : "goes on when that is mended";
    case "Terminating":
      return "gone, when everything is given back";
    default:
      return status.phase satisfies never;
  }
}

function progressing(facts: Facts, timeZone: string | undefined): string {
  const { status, policy } = facts;
  const { step, traffic } = status;
  if (policy === undefined || step === undefined) return "see the message";
  const ladder = ladderOf(policy);
  const rung = ladder[step.index];
  const following = ladder[step.index + 1];
  // The states in between are not always written: the weight that is allowed says whether the step is in force.
  if (rung === undefined || traffic?.weight !== step.weight) return `${step.weight} when enough of its pods are ready`;
  const goal = goalOf(following, step.index + 1 === policy.steps.length);
  const condition =
    traffic.confirmedAt === undefined ? "when the mesh confirms the weight and the evidence suffices" : "when the evidence suffices";
  const writtenAt = traffic.writtenAt ?? step.startedAt;
  return `${goal} ${condition}, else ${otherwise(rung)} ${clockTime(Date.parse(writtenAt) + rung.maxDurationMs, timeZone)}`;
}

function goalOf(following: StepPolicy | undefined, isBake: boolean): string {
  if (following === undefined) return "hand-over";
  return isBake ? "bake at 100%" : `${following.weight}%`;
}

function otherwise({ onInconclusive }: StepPolicy): string {
  return { Hold: "hold", Advance: "advance", Rollback: "roll back" }[onInconclusive];
}

function paused({ status, name, reason, stalled, rollout }: Facts): string {
  switch (reason) {
    case REASON.HandsOff:
      return `nothing, until somebody removes the mark: kubectl annotate deployment ${status.managed?.deployment ?? targetOf(rollout)} ${HANDS_OFF}-`;
    case REASON.Suspended:
      return "goes on when the suspension ends; a failing canary is rolled back all the same";
    case REASON.Stopped:
      return `a person decides: serin abort, retry or promote ${name}`;
    default:
      return [
        ...(stalled || !status.waitingFor ? ["goes on with new evidence"] : []),
        ...(status.waitingFor ? [`serin promote ${name} passes ${status.waitingFor}`] : []),
      ].join("; ");
  }
}

function targetOf(rollout: Facts["rollout"]): string {
  return (rollout["spec"] as { targetRef?: { name?: string } } | undefined)?.targetRef?.name ?? rollout.metadata.name;
}

/** Commands that make sense now. */
export function commandsOf({ status, open, stopped, reason, pending }: Facts): string[] {
  if (reason === REASON.HandsOff || status.phase === undefined) return [];
  return [
    ...((open || stopped) && status.waitingFor ? ["promote"] : []),
    ...(open || stopped ? ["abort"] : []),
    ...(stopped || (!open && status.canary?.outcome === "RolledBack") ? ["retry"] : []),
    ...(status.phase === "Ready" && !pending ? ["restart"] : []),
    "eject",
  ];
}
