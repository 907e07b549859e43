/** The steps of the release: those that are done, the one in force, those to come. Pure. */
import { ladderOf } from "../../engine/scene.ts";
import type { Facts } from "../release/facts.ts";
import { ageOf, span } from "../release/words.ts";
import { type RenderOptions, type Row, row } from "./picture.ts";

export function ladderRow(facts: Facts, now: number, options: RenderOptions): Row[] {
  const { policy, status, open } = facts;
  const { step } = status;
  if (policy === undefined || step === undefined || !open) return [];
  const rungs = ladderOf(policy).map((rung, index) => {
    const name = index === policy.steps.length ? "bake" : `${rung.weight}%`;
    if (index < step.index) return `${name} ${options.paint("green", "✔")}`;
    if (index > step.index) return options.paint("dim", `${name} ○`);
    return `${name} ${options.paint("cyan", "●")}${current(facts, rung, now)}`;
  });
  return [row("steps", rungs.join("  "))];
}

function current({ status }: Facts, rung: { readonly maxDurationMs: number; readonly approval: boolean }, now: number): string {
  const age = ageOf(status.traffic?.writtenAt ?? status.step?.startedAt, now);
  if (status.step?.state === "Waiting") return `${age} (approval)`;
  return `${age} (max ${span(rung.maxDurationMs)})`;
}
