/** The process ends before or after any one write of a release: the end is the same, and no invariant breaks on the way. */
import { describe, expect, test } from "vitest";
import { type Deployment, RESOURCES } from "../../src/domain/kube.ts";
import type { Behaviour } from "../../src/sim/world/traffic.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { leftovers } from "./moments.ts";
import { adopted, deploymentOf, PAUSED_AT_REST, type Story, type StoryOptions, tell } from "./story.ts";

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
        paused: PAUSED_AT_REST,
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
        paused: PAUSED_AT_REST,
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

/** Each a way through a release that has writes of its own; the end is the same wherever the process ends. */
const WAYS: readonly {
  readonly name: string;
  readonly options: StoryOptions;
  /** From adopted and idle to the end. */
  readonly go: (story: Story) => Promise<void>;
  readonly end: object;
}[] = [
  {
    name: "a release that a newer template supersedes",
    options: {},
    async go(story) {
      story.push("checkout:2");
      await story.world.until("half", () => story.weights() === "50/50");
      story.push("checkout:3");
      await story.world.until("promoted", () => story.status().history?.[0]?.outcome === "Promoted");
      await story.phase("Ready");
    },
    end: { phase: "Ready", outcomes: ["Promoted", "Superseded"], stable: ["checkout:3"], left: [], paused: PAUSED_AT_REST },
  },
  {
    name: "a release that is reverted",
    options: {},
    async go(story) {
      story.push("checkout:2");
      await story.world.until("half", () => story.weights() === "50/50");
      story.push("checkout:1");
      await story.outcome("Reverted");
      await story.phase("Ready");
    },
    end: { phase: "Ready", outcomes: ["Reverted"], stable: ["checkout:1"], left: [], paused: PAUSED_AT_REST },
  },
  {
    name: "a retry after a rollback",
    options: {
      behaviourOf: (image, now) => ({ failRate: image === "checkout:2" && now < Date.UTC(2026, 10, 25, 9, 5) ? 0.4 : 0, latencyMs: 20 }),
    },
    async go(story) {
      story.push("checkout:2");
      await story.outcome("RolledBack");
      await story.phase("RolledBack");
      await story.world.advance(300_000);
      story.annotate("serin.dev/retry", `${story.status().canary?.revision}#1`);
      await story.outcome("Promoted");
      await story.phase("Ready");
    },
    end: { phase: "Ready", outcomes: ["Promoted", "RolledBack"], stable: ["checkout:2"], left: [], paused: PAUSED_AT_REST },
  },
  {
    name: "a release whose Deployment is deleted",
    options: {},
    async go(story) {
      story.push("checkout:2");
      await story.world.until("half", () => story.weights() === "50/50");
      story.disturb();
      story.world.store.delete(RESOURCES.deployments, NAMESPACE, "checkout", { propagation: "Background" });
      await story.phase("Stalled");
    },
    end: { phase: "Stalled", outcomes: ["Removed"], stable: undefined, left: [], paused: undefined },
  },
  {
    name: "a release that falls to size 0",
    options: {},
    async go(story) {
      story.push("checkout:2");
      await story.world.until("half", () => story.weights() === "50/50");
      story.disturb();
      story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 0 } });
      await story.outcome("NoPods");
      await story.phase("Ready");
    },
    end: { phase: "Ready", outcomes: ["NoPods"], stable: ["checkout:2"], left: [], paused: PAUSED_AT_REST },
  },
  {
    name: "a release whose CanaryRollout is deleted",
    options: {},
    async go(story) {
      story.push("checkout:2");
      await story.world.until("half", () => story.weights() === "50/50");
      story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
      await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined);
    },
    end: { phase: undefined, outcomes: [], stable: undefined, left: [], paused: true },
  },
];

function endOfWay(story: Story): unknown {
  const status = story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined ? {} : story.status();
  const target = story.world.store.find(RESOURCES.deployments, NAMESPACE, "checkout") as Deployment | undefined;
  return {
    phase: status.phase,
    outcomes: (status.history ?? []).map(({ outcome }) => outcome),
    stable: status.stable?.images,
    left: leftovers(story),
    paused: target?.spec.paused,
  };
}

describe.each(WAYS)("killed at any write of $name", ({ options, go, end }) => {
  const start = () => adopted({ spec: SPEC, replicas: 4, ...options });

  test.each(["before", "after"] as const)("%s it", async (when) => {
    const unharmed = await start();
    const first = unharmed.world.verbs.writes;
    await go(unharmed);
    await unharmed.world.advance(30_000);
    expect(endOfWay(unharmed)).toEqual(end);
    const writes = unharmed.world.verbs.writes - first;
    for (let n = 1; n <= writes; n++) {
      const story = await start();
      Object.assign(story.world.verbs.plan, { killAt: story.world.verbs.writes + n, when });
      await go(story);
      await story.world.advance(60_000);
      expect({ n, ...(endOfWay(story) as object), broken: story.broken }).toEqual({ n, ...end, broken: [] });
      expect(story.world.starts, `write ${n}`).toBe(2);
    }
  });
});
