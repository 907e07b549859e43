/** Autoscalers of the target: what would run away with a canary beside it is refused, what leaves it out is told. */
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { crds, vpaCrd } from "../support/manifests.ts";
import { atWeight, condition, leftovers, SPEC } from "./moments.ts";
import { adopted, type Story, tell } from "./story.ts";

const REQUESTS = { metric: { name: "requests" } };

function hpa(story: Story, metric: object, target = "checkout"): void {
  story.world.store.create(RESOURCES.horizontalPodAutoscalers, NAMESPACE, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: `${target}-hpa`, namespace: NAMESPACE },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target }, maxReplicas: 20, metrics: [metric] },
  });
}

const external = (type: string) => ({
  type: "External",
  external: { ...REQUESTS, target: { type, [type === "Value" ? "value" : "averageValue"]: "100" } },
});
const object = (type: string) => ({
  type: "Object",
  object: { ...REQUESTS, describedObject: { kind: "Service", name: "checkout" }, target: { type, value: "100" } },
});

describe("an HPA with a metric of type Value", () => {
  test.each([
    ["External", external("Value")],
    ["Object", object("Value")],
  ])("%s: no release starts, the fix is said, and it starts when that is mended", async (type, metric) => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    hpa(story, metric);
    story.count();
    story.push("checkout:2");
    await story.phase("Stalled");
    expect(condition(story, "Stalled")).toMatchObject({
      reason: "HPAValueMetric",
      message: expect.stringMatching(
        new RegExp(
          `^HorizontalPodAutoscaler checkout-hpa scales Deployment checkout by the ${type} metric requests .* target.type: AverageValue`,
        ),
      ),
    });
    expect(leftovers(story)).toEqual([]);
    story.patch(RESOURCES.horizontalPodAutoscalers, "checkout-hpa", { spec: { metrics: [external("AverageValue")] } });
    await story.outcome("Promoted", 600_000);
  });

  test("in the middle of a release: it is held where it is, and goes on when that is mended", async () => {
    const story = await atWeight("95/5");
    hpa(story, external("Value"));
    await story.phase("Stalled");
    await story.world.advance(600_000);
    expect(story.weights()).toBe("95/5");
    story.world.store.delete(RESOURCES.horizontalPodAutoscalers, NAMESPACE, "checkout-hpa");
    await story.outcome("Promoted", 600_000);
  });

  test("of another Deployment, or of any other type: nothing is held for it", async () => {
    const story = await adopted({ spec: SPEC, replicas: 4 });
    hpa(story, external("Value"), "cart");
    hpa(story, { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } });
    story.push("checkout:2");
    await story.outcome("Promoted", 600_000);
  });

  test("what it measures meanwhile makes no work", async () => {
    let looks = 0;
    const story = await adopted({ spec: SPEC, replicas: 4, onPlan: () => (looks += 1) });
    hpa(story, external("AverageValue"));
    await story.world.advance(1_000);
    looks = 0;
    for (let replicas = 1; replicas < 20; replicas += 1) {
      const body = { status: { desiredReplicas: replicas } };
      story.world.store.patch(
        RESOURCES.horizontalPodAutoscalers,
        NAMESPACE,
        "checkout-hpa",
        { type: "merge", body },
        { subresource: "status" },
      );
      await story.world.advance(1_000);
    }
    expect(looks).toBe(0);
  });
});

describe("a VPA", () => {
  async function withVpa(updateMode: string, name = "checkout"): Promise<Story> {
    const story = await tell({ spec: SPEC, replicas: 4, crds: [...crds(), vpaCrd()] });
    story.world.store.create(RESOURCES.verticalPodAutoscalers, NAMESPACE, {
      apiVersion: "autoscaling.k8s.io/v1",
      kind: "VerticalPodAutoscaler",
      metadata: { name: "checkout-vpa", namespace: NAMESPACE },
      spec: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, updatePolicy: { updateMode } },
    });
    await story.phase("Ready");
    story.push("checkout:2");
    await story.outcome("Promoted", 600_000);
    return story;
  }

  test("an event says that the canary's pods get no recommendation until the hand-over", async () => {
    const story = await withVpa("Auto");
    expect(story.events()).toEqual(expect.arrayContaining(["VPASkipsCanary CanaryRollout", "VPASkipsCanary Deployment"]));
  });

  test.each([
    ["that only recommends", "Off", "checkout"],
    ["of another Deployment", "Auto", "cart"],
  ])("one %s is not worth a word", async (_, mode, target) => {
    const story = await withVpa(mode, target);
    expect(story.events().filter((event) => event.startsWith("VPASkipsCanary"))).toEqual([]);
  });
});
