/** Kubernetes writes a Service's endpoints when it gets to it: after an outage of the API server its controllers come back one by one. */
import { describe, expect, test } from "vitest";
import { type EndpointSlice, RESOURCES } from "../../src/domain/kube.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Observed } from "../../src/engine/types.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { SERVICE_NAME } from "../../src/traffic/endpoints.ts";
import { atWeight, leftovers, serviceOf } from "./moments.ts";
import type { Story } from "./story.ts";

/** Seen in place of the apex' own slices, until it is undefined. */
interface Late {
  slices: readonly EndpointSlice[] | undefined;
}

const isOf = (service: string) => (slice: EndpointSlice) => slice.metadata.labels?.[SERVICE_NAME] === service;

function slicesOf(story: Story, service: string): readonly EndpointSlice[] {
  const all = story.world.store.list(RESOURCES.endpointSlices, { namespace: NAMESPACE }).items as readonly EndpointSlice[];
  return all.filter(isOf(service));
}

const decideOn = (late: Late) => (o: Observed) =>
  decide(late.slices === undefined ? o : { ...o, slices: [...o.slices.filter((slice) => !isOf("checkout")(slice)), ...late.slices] });

test("the route stays until the apex leads to the new pods, however late that is", async () => {
  const late: Late = { slices: undefined };
  const story = await atWeight("50/50", { decide: decideOn(late) });
  late.slices = slicesOf(story, "checkout");
  expect(late.slices).toHaveLength(1);
  await story.world.until("handed over", () => story.status().phase === "Promoting");
  await story.world.advance(30_000);
  expect(story.weights()).toBe("0/100");
  late.slices = undefined;
  await story.outcome("Promoted", 10_000);
  expect(story.weights()).toBe("no route");
  expect(story.broken).toEqual([]);
});

describe("between the pin's move and the hand-over", () => {
  const BEFORE_IT: readonly (readonly [string, (story: Story) => void])[] = [
    ["a revert", (story) => story.push("checkout:1")],
    [
      "a revert, and the rollout deleted",
      (story) => {
        story.push("checkout:1");
        story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
      },
    ],
  ];
  test.each(BEFORE_IT)("%s: the pin goes back, and the route stays until the apex leads to stable's pods", async (_name, change) => {
    const late: Late = { slices: undefined };
    const story: Story = await atWeight("0/100", {
      replicas: 4,
      decide: decideOn(late),
      onWrite({ resource, name }) {
        if (late.slices !== undefined || resource.plural !== "services" || name !== "checkout" || story?.status().phase !== "Promoting")
          return;
        late.slices = slicesOf(story, "checkout-canary").map((slice) => ({
          ...slice,
          metadata: { ...slice.metadata, labels: { [SERVICE_NAME]: "checkout" } },
        }));
        change(story);
      },
    });
    await story.world.until("the pin has moved", () => late.slices !== undefined);
    await story.world.until("weight 0", () => story.weights() === "100/0");
    await story.world.advance(30_000);
    const pin = serviceOf(story, "checkout")?.spec.selector?.["pod-template-hash"];
    expect([story.weights(), pin]).toEqual(["100/0", story.status().stable?.podTemplateHash]);
    late.slices = undefined;
    await story.world.until("taken apart", () => leftovers(story).length === 0, 10_000);
    expect(story.broken).toEqual([]);
  });
});
