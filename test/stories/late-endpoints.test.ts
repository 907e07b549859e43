/** Kubernetes writes a Service's endpoints when it gets to it: after an outage of the API server its controllers come back one by one. */
import { expect, test } from "vitest";
import { type EndpointSlice, RESOURCES } from "../../src/domain/kube.ts";
import { decide } from "../../src/engine/decide.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { SERVICE_NAME } from "../../src/traffic/endpoints.ts";
import { atWeight } from "./moments.ts";

test("the route stays until the apex leads to the new pods, however late that is", async () => {
  let behind: readonly EndpointSlice[] | undefined;
  const ofApex = ({ metadata }: EndpointSlice) => metadata.labels?.[SERVICE_NAME] === "checkout";
  const story = await atWeight("50/50", {
    decide: (o) => decide(behind === undefined ? o : { ...o, slices: [...o.slices.filter((slice) => !ofApex(slice)), ...behind] }),
  });
  const all = story.world.store.list(RESOURCES.endpointSlices, { namespace: NAMESPACE }).items as readonly EndpointSlice[];
  behind = all.filter(ofApex);
  expect(behind).toHaveLength(1);
  await story.world.until("handed over", () => story.status().phase === "Promoting");
  await story.world.advance(30_000);
  expect(story.weights()).toBe("0/100");
  behind = undefined;
  await story.outcome("Promoted", 10_000);
  expect(story.weights()).toBe("no route");
  expect(story.broken).toEqual([]);
});
