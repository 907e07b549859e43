/** onFail: Stop. A release that fails gets weight 0 at once, its pods are kept, and a person decides how it goes on. */
import { describe, expect, test } from "vitest";
import { type Deployment, RESOURCES } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { bad, condition, leftovers, podUids, SPEC, weightsSeen } from "./moments.ts";
import { adopted, deploymentOf, PAUSED_AT_REST, type Story, type StoryOptions } from "./story.ts";

const STOP = { ...SPEC, strategy: { ...SPEC.strategy, onFail: "Stop" } };
/** Bad until a moment, good from then on. */
const UNTIL = Date.UTC(2026, 10, 25, 9, 20);
const badForAWhile = (image: string, now: number) => bad(now < UNTIL ? image : "checkout:1");

const OPTIONS: StoryOptions = { spec: STOP, replicas: 4, behaviourOf: badForAWhile };

async function fail(story: Story): Promise<void> {
  story.push("checkout:2");
  await story.phase("Paused");
  await story.world.advance(60_000);
}

async function stoppedStory(options: StoryOptions = {}): Promise<Story> {
  const story = await adopted({ ...OPTIONS, ...options });
  await fail(story);
  return story;
}

const decide = (story: Story, intent: string, more = "") =>
  story.annotate(`serin.dev/${intent}`, `${story.status().canary?.revision}${more}#1`);

/** Until the version has become good. */
const later = (story: Story) => story.world.advance(UNTIL - story.world.clock.now() + 1_000);

describe("stopped", () => {
  test("weight 0 and stays, the canary's pods are kept, a person is told and nothing else moves", async () => {
    const story = await stoppedStory();
    expect(story.weights()).toBe("100/0");
    expect(story.set("trial")?.status?.readyReplicas).toBeGreaterThan(0);
    expect(story.status()).toMatchObject({
      phase: "Paused",
      waitingFor: "Person",
      traffic: { weight: "0%" },
      canary: { outcome: "Stopped", reason: "AnalysisFailed" },
      history: [{ outcome: "Stopped" }],
    });
    expect(condition(story, "Reconciling")).toMatchObject({ status: "True", reason: "Stopped", message: "stopped: AnalysisFailed" });
    expect(story.status().message).toMatch(/AnalysisFailed: .*serin abort, retry or promote checkout/);
    expect(story.events()).toEqual(expect.arrayContaining(["Stopped CanaryRollout", "Stopped Deployment"]));
    const pods = podUids(story, "checkout:2");
    story.count();
    await story.world.advance(6 * 3_600_000);
    expect(story.count()).toEqual({});
    expect(podUids(story, "checkout:2")).toEqual(pods);
    expect(deploymentOf(story).spec.paused).toBe(true);
  });

  test("abort is the rest of the rollback", async () => {
    const story = await stoppedStory();
    decide(story, "abort");
    await story.phase("RolledBack");
    expect(story.status().history).toMatchObject([
      { outcome: "RolledBack", reason: expect.stringMatching(/AnalysisFailed: .*; abort asked: /) },
    ]);
    expect(story.set("trial")?.spec.replicas).toBe(0);
    expect(leftovers(story)).toEqual(["trial"]);
  });

  test("retry is another attempt from the first step", async () => {
    const story = await stoppedStory();
    await later(story);
    const seen = weightsSeen(story);
    decide(story, "retry");
    await story.outcome("Promoted");
    expect(story.status().history?.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ["Promoted", 1],
      ["Stopped", 0],
    ]);
    expect(seen.filter((weights) => weights !== "no route")).toEqual(["95/5", "50/50", "0/100"]);
  });

  test.each([
    ["", ["50/50", "0/100"]],
    ["/full", ["0/100"]],
  ])("promote%s goes on from where it was stopped", async (more, expected) => {
    let half = false;
    const story = await adopted({ ...OPTIONS, behaviourOf: (image, now) => (half ? badForAWhile(image, now) : bad("checkout:1")) });
    story.world.store.subscribe(() => {
      half ||= story.weights() === "50/50";
    });
    await fail(story);
    expect(story.status().history?.[0]).toMatchObject({ outcome: "Stopped", maxWeight: "50%" });
    await later(story);
    const seen = weightsSeen(story);
    decide(story, "promote", more);
    await story.outcome("Promoted");
    expect(seen.filter((weights) => weights !== "no route")).toEqual(expected);
  });

  test("a version that is still bad is stopped again, whoever promotes it", async () => {
    const story = await stoppedStory({ behaviourOf: bad });
    decide(story, "promote");
    await story.world.until("stopped again", () => story.status().history?.length === 2);
    expect(story.status()).toMatchObject({
      phase: "Paused",
      history: [
        { outcome: "Stopped", attempt: 1 },
        { outcome: "Stopped", attempt: 0 },
      ],
    });
    expect(story.weights()).toBe("100/0");
  });

  test("an intent for another revision does nothing but be told", async () => {
    const story = await stoppedStory();
    story.annotate("serin.dev/promote", "ffffffff#1");
    await story.world.advance(60_000);
    expect(story.status().phase).toBe("Paused");
    expect(story.events()).toContain("IntentIgnored CanaryRollout");
  });

  test("abort before the failure, and deadlines that no person asked for", async () => {
    const aborted = await adopted({ ...OPTIONS, behaviourOf: () => bad("checkout:1") });
    aborted.push("checkout:2");
    await aborted.world.until("5 %", () => aborted.weights() === "95/5");
    decide(aborted, "abort");
    await aborted.outcome("RolledBack");

    const late = await adopted({ ...OPTIONS, spec: { ...STOP, strategy: { ...STOP.strategy, deadline: "40s" } }, requestsPerSecond: 0.1 });
    late.push("checkout:2");
    await late.outcome("Stopped");
    expect(late.status().canary?.reason).toBe("DeadlineExceeded");
  });
});

describe("from there, without a decision", () => {
  test("a new template is a release of its own", async () => {
    const story = await stoppedStory();
    story.push("checkout:3");
    await story.outcome("Promoted");
    await story.phase("Ready");
    expect(story.status().stable?.images).toEqual(["checkout:3"]);
    expect(leftovers(story)).toEqual([]);
  });

  test("a revert takes everything apart", async () => {
    const story = await stoppedStory();
    const pods = podUids(story, "checkout:1");
    story.push("checkout:1");
    await story.phase("Ready");
    expect(leftovers(story)).toEqual([]);
    expect(podUids(story, "checkout:1")).toEqual(pods);
    expect(story.events()).toContain("RejectionClosed CanaryRollout");
  });

  test("scaled to zero the canary's pods go too; scaled up again it is still a person's turn", async () => {
    const story = await stoppedStory();
    story.disturb();
    story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 0 } });
    await story.world.advance(60_000);
    expect(podUids(story, "checkout:2")).toEqual([]);
    expect(story.status().phase).toBe("Paused");
    story.patch(RESOURCES.deployments, "checkout", { spec: { replicas: 4 } });
    await later(story);
    expect(deploymentOf(story).status?.readyReplicas).toBe(4);
    expect(podUids(story, "checkout:2")).toEqual([]);
    decide(story, "retry");
    await story.outcome("Promoted");
    expect(podUids(story, "checkout:2")).toHaveLength(4);
  });

  test("a deletion gives everything back, and the refused version is not shipped", async () => {
    const story = await stoppedStory();
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined);
    await story.world.advance(60_000);
    expect(leftovers(story)).toEqual([]);
    expect(podUids(story, "checkout:2")).toEqual([]);
    expect(deploymentOf(story).spec.paused).toBe(true);
  });

  test("a pin that a tool takes off is put back", async () => {
    const story = await stoppedStory();
    story.patch(RESOURCES.services, "checkout", { spec: { selector: { "pod-template-hash": null } } });
    await story.world.advance(60_000);
    expect(leftovers(story)).toContain(`pin ${story.status().stable?.podTemplateHash}`);
    expect(story.events()).toContain("SelectorReverted CanaryRollout");
  });
});

const WAYS: readonly { readonly name: string; readonly go: (story: Story) => Promise<void>; readonly end: object }[] = [
  {
    name: "stopped, then aborted",
    async go(story) {
      await fail(story);
      decide(story, "abort");
      await story.phase("RolledBack");
    },
    end: { phase: "RolledBack", outcomes: ["RolledBack"], left: ["trial"], paused: true },
  },
  {
    name: "stopped, then promoted",
    async go(story) {
      await fail(story);
      await later(story);
      decide(story, "promote");
      await story.outcome("Promoted");
      await story.phase("Ready");
    },
    end: { phase: "Ready", outcomes: ["Promoted", "Stopped"], left: [], paused: PAUSED_AT_REST },
  },
  {
    name: "stopped, then deleted",
    async go(story) {
      await fail(story);
      story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
      await story.world.until("gone", () => story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") === undefined);
    },
    end: { phase: undefined, outcomes: [], left: [], paused: true },
  },
];

function endOf(story: Story): unknown {
  const rollout = story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
  const status = rollout === undefined ? {} : story.status();
  const target = story.world.store.find(RESOURCES.deployments, NAMESPACE, "checkout") as Deployment | undefined;
  return {
    phase: status.phase,
    outcomes: (status.history ?? []).map(({ outcome }) => outcome),
    left: leftovers(story),
    paused: target?.spec.paused,
  };
}

describe.each(WAYS)("killed at any write of a release that is $name", ({ go, end }) => {
  test.each(["before", "after"] as const)("%s it", async (when) => {
    const unharmed = await adopted(OPTIONS);
    const first = unharmed.world.verbs.writes;
    await go(unharmed);
    await unharmed.world.advance(30_000);
    expect(endOf(unharmed)).toEqual(end);
    const writes = unharmed.world.verbs.writes - first;
    expect(writes).toBeGreaterThan(15);
    for (let n = 1; n <= writes; n++) {
      const story = await adopted(OPTIONS);
      Object.assign(story.world.verbs.plan, { killAt: story.world.verbs.writes + n, when });
      await go(story);
      await story.world.advance(60_000);
      expect({ n, ...(endOf(story) as object), broken: story.broken }).toEqual({ n, ...end, broken: [] });
      expect(story.world.starts, `write ${n}`).toBe(2);
    }
  });
});
