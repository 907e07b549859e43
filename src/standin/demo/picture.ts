/** The live picture of an act: steps, who answers the users' requests, pods, and what Serin says. Pure. */
import type { styleText } from "node:util";
import type { CanaryRolloutStatus, CheckStatus } from "../../api/status.ts";
import type { LoadTally } from "../load/tally.ts";
import { count } from "./report.ts";

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

export interface Scene {
  readonly title: string;
  readonly seconds: number;
  /** The version before and the one that comes. */
  readonly versions: readonly [string, string];
  readonly tally: LoadTally;
  /** Failures before the act began, by version. */
  readonly failedBefore: Readonly<Record<string, number>>;
  readonly pods: ReadonlyMap<string, { readonly all: number; readonly ready: number }>;
  /** undefined: an act without Serin. */
  readonly rollout: { readonly status: CanaryRolloutStatus; readonly weights: readonly number[] } | undefined;
}

const BAR = 40;

export function pictureOf(scene: Scene, paint: Paint): string[] {
  const { title, seconds, rollout } = scene;
  const clock = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  return [
    "",
    `${paint("bold", title)}  ${paint("dim", clock)}`,
    ...(rollout === undefined ? [] : [`├ steps   ${ladder(rollout.status, rollout.weights, paint)}`]),
    ...scene.versions.map((version, index) => `├ ${index === 0 ? "traffic" : "       "} ${trafficOf(scene, version, index, paint)}`),
    ...(rollout === undefined ? [] : checks(rollout.status, paint)),
    `└ ${rollout === undefined ? "nobody watches" : sentence(rollout.status, paint)}`,
  ];
}

function ladder({ step, phase, canary }: CanaryRolloutStatus, weights: readonly number[], paint: Paint): string {
  const open = step !== undefined && canary?.outcome === undefined;
  const index = open ? step.index : phase === "Ready" ? weights.length + 1 : -1;
  return [...weights.map((weight) => `${weight}%`), "bake"]
    .map((name, position) => {
      if (position < index) return `${name} ${paint("green", "✔")}`;
      return position === index ? `${paint("bold", name)} ${paint("cyan", "●")}` : paint("dim", `${name} ○`);
    })
    .join("  ");
}

function trafficOf({ tally, failedBefore, pods }: Scene, version: string, index: number, paint: Paint): string {
  const { lastSecond, byVersion } = tally;
  const own = lastSecond.byVersion[version] ?? 0;
  const all = Object.values(lastSecond.byVersion).reduce((sum, requests) => sum + requests, 0);
  const cells = all === 0 ? 0 : Math.max(Number(own > 0), Math.round((own / all) * BAR));
  const bar = paint(index === 0 ? "green" : "yellow", "█".repeat(cells)) + paint("dim", "·".repeat(BAR - cells));
  const failed = (byVersion[version]?.failures ?? 0) - (failedBefore[version] ?? 0);
  const { all: podCount = 0, ready = 0 } = pods.get(version) ?? {};
  const failures = failed === 0 ? "none failed" : paint("red", `${count(failed)} failed`);
  return `${version} ${bar} ${String(own).padStart(4)}/s  ${ready}/${podCount} pods  ${failures}`;
}

function checks({ analysis, step, canary }: CanaryRolloutStatus, paint: Paint): string[] {
  if (step === undefined && canary?.outcome !== "RolledBack") return [];
  return (analysis?.checks ?? []).map((check) => `├ check   ${check.name} ${verdictOf(check, paint)}${numbersOf(check)}`);
}

function verdictOf({ verdict }: CheckStatus, paint: Paint): string {
  if (verdict === "Pass") return paint("green", verdict);
  return verdict === "Fail" ? paint("red", verdict) : paint("yellow", verdict);
}

function numbersOf({ canary, stable, requests }: CheckStatus): string {
  const side = (name: string, value: string | undefined, of: number | undefined) =>
    value === undefined ? "" : `  ${name} ${value}${of === undefined ? "" : ` of ${count(of)}`}`;
  return side("canary", canary, requests?.canary) + side("stable", stable, requests?.stable);
}

function sentence({ phase = "Initializing", message = "" }: CanaryRolloutStatus, paint: Paint): string {
  const style = phase === "RolledBack" || phase === "Stalled" ? "red" : phase === "Ready" ? "green" : "cyan";
  return `${paint(style, phase)}  ${message}`;
}
