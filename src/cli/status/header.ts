/** The first line of the picture: which rollout, where it stands, how long to go. Pure. */
import type { Phase } from "../../api/status.ts";
import type { Style } from "../io.ts";
import type { Facts } from "../release/facts.ts";
import { span, stepText, timeLeftMs, versionsOf } from "../release/words.ts";
import type { RenderOptions } from "./picture.ts";

const PHASE_STYLE: Readonly<Record<Phase, Style>> = {
  Initializing: "cyan",
  Ready: "green",
  Pending: "cyan",
  Progressing: "cyan",
  Paused: "yellow",
  Promoting: "cyan",
  RollingBack: "red",
  RolledBack: "red",
  Stalled: "red",
  Terminating: "yellow",
};

export function header(facts: Facts, now: number, { paint }: RenderOptions): string {
  const { name, namespace, status } = facts;
  const phase = status.phase ?? "Unknown";
  const style = status.phase === undefined ? "yellow" : PHASE_STYLE[status.phase];
  return [paint("bold", `${namespace}/${name}`), paint(style, phase), ...about(facts, now)].join("  ");
}

function about(facts: Facts, now: number): string[] {
  const { status, reason } = facts;
  const version = versionsOf(status.stable?.images, status.canary?.images);
  switch (status.phase) {
    case undefined:
      return ["no controller has looked at it yet"];
    case "Ready":
      return [version.stable];
    case "RolledBack":
      return [`${version.canary} refused; users on ${version.stable}`];
    case "Progressing":
    case "Promoting":
    case "RollingBack":
      return [...where(facts), ...left(facts, now)];
    case "Paused":
      return [reason, ...where(facts)];
    case "Initializing":
    case "Pending":
    case "Stalled":
    case "Terminating":
      return [reason].filter((text) => text !== status.phase && text !== "");
    default:
      return status.phase satisfies never;
  }
}

function where(facts: Facts): string[] {
  const { status } = facts;
  return status.step === undefined ? [] : [stepText(facts), status.traffic?.weight ?? "0%"];
}

function left(facts: Facts, now: number): string[] {
  const ms = timeLeftMs(facts, now);
  return ms === undefined ? [] : [`about ${span(ms)} left`];
}
