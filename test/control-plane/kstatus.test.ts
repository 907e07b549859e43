/**
 * kstatus, by which Flux and others wait, in every phase that seeded histories go through: computed by its own library, of the
 * objects as the controller saw them. Never Current while unreleased, never Failed while it goes on.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../src/engine/decide.ts";
import type { RolloutObject } from "../../src/engine/types.ts";
import { drawPlot } from "../../src/sim/histories/draw.ts";
import { playHistory } from "../../src/sim/histories/play.ts";
import { buildCommand } from "../../src/standin/control-plane/build-with-go.ts";
import { moduleFolder } from "../../src/standin/control-plane/go-modules.ts";
import { crds } from "../support/manifests.ts";

const SEEDS = 80;
/** By phase: what kstatus may say of it. Held for long, a Paused one is Stalled; Detached ones are Ready throughout. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  Initializing: ["InProgress"],
  Ready: ["Current"],
  Pending: ["InProgress"],
  Progressing: ["InProgress"],
  Promoting: ["InProgress"],
  RollingBack: ["InProgress"],
  Paused: ["InProgress", "Failed"],
  RolledBack: ["Failed"],
  Stalled: ["Failed"],
  Terminating: ["Terminating"],
};
let folder = "";
const program = () => join(folder, "kstatus");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "serin-kstatus-"));
  await buildCommand(".", moduleFolder("kstatus") ?? "", program());
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kstatus(objects: readonly object[]): Promise<string[]> {
  const child = spawn(program(), { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
  return (await text(child.stdout)).trimEnd().split("\n");
}

/** Each distinct one that some reconcile has seen, with the generation that its status speaks of. */
async function rolloutsOf(seeds: number): Promise<RolloutObject[]> {
  const seen = new Map<string, RolloutObject>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    await playHistory(drawPlot(seed), crds(), {
      decide: (observed) => {
        const { metadata, status, spec } = observed.rollout;
        const key = JSON.stringify([
          seed,
          metadata.generation,
          metadata.deletionTimestamp !== undefined,
          status?.phase,
          status?.conditions,
        ]);
        seen.set(key, { ...observed.rollout, spec, metadata });
        return decide(observed);
      },
    });
  }
  return [...seen.values()];
}

test("says of every phase what it is", async () => {
  const rollouts = await rolloutsOf(SEEDS);
  const answers = await kstatus(rollouts);
  expect(answers).toHaveLength(rollouts.length);
  const phases = new Map<string, Set<string>>();
  for (const [index, { metadata, status, spec }] of rollouts.entries()) {
    const answer = answers[index] ?? "";
    const isOld = status?.observedGeneration !== metadata.generation;
    const phase = metadata.deletionTimestamp !== undefined ? "Terminating" : (status?.phase ?? "none");
    phases.set(phase, (phases.get(phase) ?? new Set()).add(answer));
    const allowed = phase === "Terminating" ? ALLOWED[phase] : isOld ? ["InProgress"] : ALLOWED[phase];
    const detached = (spec as { health?: string }).health === "Detached" && answer === "Current";
    expect(detached || allowed?.includes(answer), `${phase} is ${answer}: ${JSON.stringify(status?.conditions)}`).toBe(true);
  }
  expect([...phases.keys()].sort()).toEqual(expect.arrayContaining(Object.keys(ALLOWED).filter((phase) => phase !== "Pending")));
}, 300_000);
