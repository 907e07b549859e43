/** The process ends before or after any one write of a release: the end is the same, and no invariant breaks on the way. */
import { describe, expect, test } from "vitest";
import type { Behaviour } from "../../src/sim/world/traffic.ts";
import { adopted, deploymentOf, type Story, tell } from "./story.ts";

const SPEC = {
  strategy: {
    steps: [
      { weight: 5, minDuration: "10s" },
      { weight: 50, minDuration: "10s" },
    ],
    bake: "10s",
  },
  analysis: { interval: "2s" },
};
const BAD = (image: string): Behaviour => ({ failRate: image === "checkout:2" ? 0.4 : 0, latencyMs: 20 });

async function play(story: Story, outcome: string): Promise<void> {
  story.push("checkout:2");
  await story.outcome(outcome);
  await story.phase(outcome === "Promoted" ? "Ready" : "RolledBack");
  await story.world.advance(30_000);
}

async function writesOf(outcome: string, behaviourOf?: (image: string) => Behaviour): Promise<number> {
  const story = await adopted({ spec: SPEC, replicas: 4, ...(behaviourOf ? { behaviourOf } : {}) });
  const before = story.world.verbs.writes;
  await play(story, outcome);
  return story.world.verbs.writes - before;
}

function endOf(story: Story): unknown {
  const { phase, history, stable } = story.status();
  return {
    phase,
    outcome: history?.[0]?.outcome,
    releases: history?.length,
    stable: stable?.images,
    weights: story.weights(),
    paused: deploymentOf(story).spec.paused,
    trial: story.set("trial")?.spec.replicas,
  };
}

describe.each(["before", "after"] as const)("killed %s any write", (when) => {
  test("of a good release", async () => {
    const writes = await writesOf("Promoted");
    expect(writes).toBeGreaterThan(20);
    for (let n = 1; n <= writes; n++) {
      const story = await adopted({ spec: SPEC, replicas: 4 });
      Object.assign(story.world.verbs.plan, { killAt: story.world.verbs.writes + n, when });
      await play(story, "Promoted");
      expect({ n, ...(endOf(story) as object), broken: story.broken }).toEqual({
        n,
        phase: "Ready",
        outcome: "Promoted",
        releases: 1,
        stable: ["checkout:2"],
        weights: "no route",
        paused: true,
        trial: undefined,
        broken: [],
      });
      expect(story.world.starts).toBe(2);
    }
  });

  test("of a bad release", async () => {
    const writes = await writesOf("RolledBack", BAD);
    for (let n = 1; n <= writes; n++) {
      const story = await adopted({ spec: SPEC, replicas: 4, behaviourOf: BAD });
      Object.assign(story.world.verbs.plan, { killAt: story.world.verbs.writes + n, when });
      await play(story, "RolledBack");
      expect({ n, ...(endOf(story) as object), broken: story.broken }).toEqual({
        n,
        phase: "RolledBack",
        outcome: "RolledBack",
        releases: 1,
        stable: ["checkout:1"],
        weights: "no route",
        paused: true,
        trial: 0,
        broken: [],
      });
      expect(story.world.starts).toBe(2);
    }
  });

  test("of an adoption", async () => {
    for (let n = 1; n <= 4; n++) {
      const story = await tell({ spec: SPEC, replicas: 4, started: false });
      Object.assign(story.world.verbs.plan, { killAt: n, when });
      const { killAt } = story.world.verbs.plan;
      story.world.start();
      story.world.verbs.plan.killAt = killAt;
      await story.world.advance(60_000);
      expect({ n, phase: story.status().phase, paused: deploymentOf(story).spec.paused, broken: story.broken }).toEqual({
        n,
        phase: "Ready",
        paused: true,
        broken: [],
      });
    }
  });
});

/** The set of an earlier promotion has the same hash: empty as it is, it must not be taken for a finished hand-over. */
describe.each(["before", "after"] as const)("killed %s any write", (when) => {
  test("of a version that was stable once before", async () => {
    const again = async (n: number) => {
      const story = await adopted({ spec: SPEC, replicas: 4 });
      await play(story, "Promoted");
      story.push("checkout:3");
      await story.world.until("second promotion", () => story.status().history?.length === 2);
      await story.phase("Ready");
      await story.world.advance(120_000);
      const weights: string[] = [];
      story.world.store.subscribe(({ resource }) => {
        if (resource.plural === "httproutes" && weights.at(-1) !== story.weights()) weights.push(story.weights());
      });
      Object.assign(story.world.verbs.plan, { killAt: story.world.verbs.writes + n, when });
      story.push("checkout:2");
      await story.world.until("third promotion", () => story.status().history?.length === 3);
      await story.phase("Ready");
      return {
        n,
        stable: story.status().stable?.images,
        steps: weights.filter((text) => text !== "100/0" && text !== "no route"),
        broken: story.broken,
      };
    };
    for (let n = 1; n <= 8; n++) {
      expect(await again(n)).toEqual({ n, stable: ["checkout:2"], steps: ["95/5", "50/50", "0/100"], broken: [] });
    }
  });
});
