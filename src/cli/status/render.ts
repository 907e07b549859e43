/**
 * The picture of a rollout as lines of text: a tree whose branches are there only when they have something to say. Pure:
 * the same facts at the same time give the same picture.
 */

import { imagesOf } from "../../workload/template.ts";
import { EXIT } from "../exit-codes.ts";
import type { Facts } from "../release/facts.ts";
import { leaseWarning } from "../release/lease.ts";
import { ageOf, shortRevision, tagOf, versionsOf } from "../release/words.ts";
import { checkRows } from "./checks.ts";
import { header } from "./header.ts";
import { ladderRow } from "./ladder.ts";
import { commandsOf, nextText } from "./next.ts";
import { clockTime, type Picture, type RenderOptions, type Row, row } from "./picture.ts";
import { versionRows } from "./versions.ts";

const LABEL_WIDTH = 6;

export function render(picture: Picture, now: number, options: RenderOptions): string[] {
  const { facts } = picture;
  const rows = [
    ...warningRows(picture),
    ...versionRows(facts, now),
    ...ladderRow(facts, now, options),
    ...checkRows(facts, options),
    ...messageRow(facts),
    ...refusalRows(facts, now, options),
    ...lastRow(facts, now),
    ...holdsRow(facts),
    row("next", nextText(facts, options.timeZone) + exitText(picture)),
  ];
  const commands = commandsOf(facts);
  return [
    header(facts, now, options),
    ...tree(rows, options),
    ...(commands.length === 0 ? [] : [`  serin ${commands.join(" | ")} ${facts.name}`]),
  ];
}

function tree(rows: readonly Row[], { paint }: RenderOptions): string[] {
  return rows.flatMap(({ label, lines }, index) => {
    const isLast = index === rows.length - 1;
    const head = label === "" ? "" : `${label.padEnd(LABEL_WIDTH)} `;
    const indent = " ".repeat(head.length);
    const [first = "", ...more] = lines;
    const branch = label === "!" ? paint("yellow", head + first) : head + first;
    return [`${isLast ? "└" : "├"} ${branch}`, ...more.map((line) => `${isLast ? " " : "│"} ${indent}${line}`)].map((line) =>
      line.trimEnd(),
    );
  });
}

/** What makes the rest of the picture doubtful. */
function warningRows({ facts, controller }: Picture): Row[] {
  const { status, observed, unseen, deployment } = facts;
  const lease = leaseWarning(controller);
  const lines = [
    ...(lease === undefined ? [] : [lease]),
    ...(observed || status.phase === undefined ? [] : ["the controller has not read the newest spec yet"]),
    ...(unseen && deployment
      ? [`the Deployment asks for ${imagesOf(deployment.spec.template).map(tagOf).join(", ")}, which the controller has not seen yet`]
      : []),
    ...conditionLines(facts),
  ];
  return lines.length === 0 ? [] : [row("!", ...lines)];
}

function conditionLines({ status }: Facts): string[] {
  const bad = { TrafficConfirmed: "False", AnalysisHealthy: "False", GitOpsConflict: "True" } as Readonly<Record<string, string>>;
  const found = (status.conditions ?? []).filter(({ type, status }) => bad[type] === status);
  return found.map(({ reason, message }) => `${reason}: ${message}`);
}

function messageRow({ status }: Facts): Row[] {
  const told = status.phase === "Ready" || status.phase === "RolledBack";
  return told || !status.message ? [] : [row("now", status.message)];
}

/** After a refusal, or a stop: why, when, whom it hurt, and what Git still asks for. */
function refusalRows(facts: Facts, now: number, { timeZone }: RenderOptions): Row[] {
  const { status, pending } = facts;
  const { canary, history } = status;
  if (canary?.outcome !== "RolledBack" && canary?.outcome !== "Stopped") return [];
  const entry = history?.find(({ revision, outcome }) => revision === canary.revision && outcome === canary.outcome);
  const decided = canary.decidedAt === undefined ? undefined : Date.parse(canary.decidedAt);
  const version = versionsOf(status.stable?.images, canary.images).canary;
  const failed = entry?.failedRequests === undefined ? "not counted" : `${entry.failedRequests.toLocaleString("en-US")} failed`;
  return [
    row("why", entry?.reason ?? canary.reason ?? "not known"),
    ...(decided === undefined
      ? []
      : [row("when", `weight 0 at ${clockTime(decided, timeZone, true)}, ${ageOf(canary.decidedAt, now)} ago`)]),
    row("users", `${failed}; max exposure ${entry?.maxWeight ?? "not known"}`),
    ...(pending ? [row("git", `still asks for ${version}: fix or revert; nothing retries`)] : []),
  ];
}

function lastRow({ status }: Facts, now: number): Row[] {
  const [last] = status.history ?? [];
  if (status.phase !== "Ready" || last === undefined) return [];
  const failed = last.failedRequests === undefined ? "" : `, ${last.failedRequests.toLocaleString("en-US")} failed requests`;
  return [row("last", `${shortRevision(last.revision)} ${last.outcome} ${ageOf(last.finishedAt, now)} ago${failed}`)];
}

/** What is frozen, pinned or routed now: as Serin remembers it, and as it really is where that was read. */
function holdsRow({ status, deployment, stableSet, pending }: Facts): Row[] {
  const { managed } = status;
  if (managed === undefined) return [];
  const running = pending && stableSet ? ` (running ${versionsOf(imagesOf(stableSet.spec.template)).stable})` : "";
  const paused = deployment === undefined ? managed.deployment !== undefined : deployment.spec.paused === true;
  const [apex] = managed.services ?? [];
  const held = [
    ...(paused ? [`Deployment paused${running}`] : []),
    ...(apex === undefined ? [] : [`Service ${apex} pinned`]),
    ...(managed.route === undefined ? [] : [`route ${managed.route}`]),
  ];
  return held.length === 0 ? [] : [row("holds", held.join("; "))];
}

/** So that whoever reads it knows what a script would see. */
function exitText({ exitCode }: Picture): string {
  return exitCode === EXIT.done || exitCode === EXIT.stillRunning ? "" : `      exit ${exitCode}`;
}
