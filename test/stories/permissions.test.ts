/** Each permission that a release needs, taken away: told with its rule, nobody is cut off, and it goes on when it is back. */
import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/domain/kube.ts";
import { condition, leftovers, SPEC } from "./moments.ts";
import { adopted, deploymentOf, type Story } from "./story.ts";

function forbid(story: Story, verb: string, plural: string): void {
  story.world.verbs.plan.refuse = (write) =>
    write.verb === verb && write.resource.plural === plural
      ? new ApiError({ kind: "stalled", status: 403, reason: "Forbidden", message: `may not ${verb} ${plural}: add the rule`, ...write })
      : undefined;
}

const NEEDED = [
  ["patch", "deployments"],
  ["patch", "services"],
  ["create", "services"],
  ["delete", "services"],
  ["create", "replicasets"],
  ["patch", "replicasets"],
  ["create", "httproutes"],
  ["patch", "httproutes"],
  ["delete", "httproutes"],
] as const;

describe.each(NEEDED)("without %s on %s", (verb, plural) => {
  test("a good release is held, says what is missing, and is promoted when it is there", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    forbid(story, verb, plural);
    story.push("checkout:2");
    await story.world.until("told", () => condition(story, "Stalled")?.reason === "Forbidden", 600_000);
    expect(condition(story, "Stalled")?.message).toBe(`may not ${verb} ${plural}: add the rule`);
    await story.world.advance(1_200_000);
    expect(condition(story, "Stalled")?.reason).toBe("Forbidden");
    expect(deploymentOf(story).status?.readyReplicas).toBeGreaterThanOrEqual(4);
    story.world.verbs.plan.refuse = undefined;
    await story.outcome("Promoted", 1_200_000);
    await story.phase("Ready", 120_000);
    expect(leftovers(story)).toEqual([]);
    expect(condition(story, "Stalled")).toBeUndefined();
  });
});

test("without create on events: nothing is held for it", async () => {
  const story = await adopted({ spec: SPEC, replicas: 4 });
  forbid(story, "create", "events");
  story.push("checkout:2");
  await story.outcome("Promoted", 600_000);
});
