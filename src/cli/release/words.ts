/** Versions, times and steps in few characters. Pure. */
import { ladderOf } from "../../engine/scene.ts";
import type { Facts } from "./facts.ts";

/** `2h`, `3m10s` as `3m`, `12s`; for ages and time left. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 || hours >= 10 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d`;
}

export function ageOf(time: string | undefined, now: number): string {
  return time === undefined ? "" : span(now - Date.parse(time));
}

/** `v2.3.1` of `ghcr.io/shop/checkout:v2.3.1`; of a digest its first characters; without either the name. */
export function tagOf(image: string): string {
  const [named = "", digest] = image.split("@");
  const tag = /:([^:/]+)$/.exec(named)?.[1];
  if (tag !== undefined) return tag;
  return digest === undefined ? (named.split("/").at(-1) ?? image) : (digest.split(":").at(-1) ?? digest).slice(0, 8);
}

/** The tag that tells two versions apart: of the first image that differs between them, else of the first. */
export function versionsOf(stable: readonly string[] = [], canary: readonly string[] = []): { stable: string; canary: string } {
  const differs = canary.findIndex((image, index) => stable[index] !== undefined && image !== stable[index]);
  const index = Math.max(0, differs);
  return { stable: tagOf(stable[index] ?? stable[0] ?? ""), canary: tagOf(canary[index] ?? canary[0] ?? "") };
}

const SHORT = 4;

/** As many characters as tell it from the other; at least those that an intent must name. */
export function shortRevision(revision: string | undefined, other?: string): string {
  let length = SHORT;
  while (
    revision !== undefined &&
    other !== undefined &&
    length < revision.length &&
    revision.slice(0, length) === other.slice(0, length)
  ) {
    length += 1;
  }
  return revision?.slice(0, length) ?? "";
}

/** `step 3/4`, `bake`; "" where no release runs. */
export function stepText({ status, policy }: Facts): string {
  if (status.step === undefined) return "";
  const { index } = status.step;
  if (policy === undefined) return `step ${index + 1}`;
  return index >= policy.steps.length ? "bake" : `step ${index + 1}/${policy.steps.length}`;
}

/** The least that the rest of the ladder takes, in milliseconds; undefined where nobody can say. */
export function timeLeftMs({ status, policy, open }: Facts, now: number): number | undefined {
  const { step, phase } = status;
  if (policy === undefined || step === undefined || !open || phase !== "Progressing") return undefined;
  const rest = ladderOf(policy).slice(step.index);
  const began = Date.parse(status.traffic?.confirmedAt ?? step.startedAt);
  const total = rest.reduce((sum, { minDurationMs }) => sum + minDurationMs, 0);
  const left = total - Math.min(now - began, rest[0]?.minDurationMs ?? 0);
  return left <= 0 ? undefined : left;
}

/** One line about a release, for logs: it changes when something happens. */
export function progressLine(facts: Facts): string {
  const { status, reason } = facts;
  const phase = status.phase ?? "Unknown";
  const why = phase === "Paused" || phase === "Stalled" ? reason : "";
  const message = facts.unseen
    ? `${shortRevision(facts.revision)} is asked for, the controller has not seen it yet`
    : (status.message ?? "");
  const step = stepText(facts);
  // Most messages of a step begin with it.
  const where = step === "" || message.startsWith(step) ? [] : [step, status.traffic?.weight ?? ""];
  return [phase, why, ...where, message].filter((part) => part !== "").join("  ");
}
