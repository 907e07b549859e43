/** Break glass at every moment of a release: what is given back, what users notice, and what stays as it was. */
import { describe, expect, test } from "vitest";
import { HANDS_OFF, ROLE } from "../../../src/api/marks.ts";
import { observeForEject } from "../../../src/cli/eject/observe.ts";
import { ejectSteps } from "../../../src/cli/eject/plan.ts";
import { snapshotOf } from "../../../src/cli/eject/snapshot.ts";
import { RESOURCES } from "../../../src/domain/kube.ts";
import type { Behaviour } from "../../../src/sim/world/traffic.ts";
import { NAMESPACE } from "../../../src/sim/world/world.ts";
import { adopted, deploymentOf, FORM, type Story } from "../../stories/story.ts";
import {
  clientOf,
  type Ejected,
  eject,
  ejectTwice,
  type Left,
  left,
  REPLICAS,
  SPEC,
  small,
  stopController,
  watchOutages,
} from "./support.ts";

const BAD = (image: string): Behaviour => ({ failRate: image === "checkout:2" ? 0.4 : 0, latencyMs: 20 });
const HUGE_MS = 300_000;

/** The untried was not shipped: it stays frozen, for a person to decide. */
const FROZEN: Left = {
  route: false,
  services: ["checkout"],
  trials: 0,
  pin: undefined,
  paused: true,
  marks: [
    "serin.dev/frozen",
    FORM === "Always" ? "serin.dev/original" : "serin.dev/froze",
    "serin.dev/hands-off",
    "serin.dev/rollout",
  ].sort(),
  finalizers: ["serin.dev/restore"],
  pods: { "checkout:1": REPLICAS },
};
/** Nothing but the hands-off mark is left. */
const free = (image: string): Left => ({
  ...FROZEN,
  paused: false,
  marks: ["serin.dev/hands-off"],
  finalizers: [],
  pods: { [image]: REPLICAS },
});

/** Marks that let an unpause through the install's policies stay where a release was open. */
function without(mark: string, end: Left): Left {
  return { ...end, marks: end.marks.filter((name) => name !== mark) };
}

async function midRelease(weights: string, behaviourOf?: (image: string) => Behaviour): Promise<Story> {
  const story = await small(behaviourOf ? { behaviourOf } : {});
  story.push("checkout:2");
  await story.world.until(weights, () => story.weights() === weights);
  return story;
}

/** The release of an image, stopped right after its n-th write; false: it has no n-th. */
async function stoppedAt(n: number, options: { readonly bad?: boolean } = {}): Promise<Story | undefined> {
  const story = await small(options.bad ? { behaviourOf: BAD } : {});
  const { world } = story;
  Object.assign(world.verbs.plan, { killAt: world.verbs.writes + n, when: "after" });
  let killed = false;
  world.start = () => {
    killed = true;
  };
  story.push("checkout:2");
  await world.until("the kill, or the end", () => killed || (options.bad ? story.status().phase === "RolledBack" : isPromoted(story)));
  if (!killed) await world.advance(60_000);
  return killed ? story : undefined;
}

function isPromoted(story: Story): boolean {
  return story.status().history?.[0]?.outcome === "Promoted";
}

/** After the hand-over patch there is no way back. */
function isHandedOver(story: Story): boolean {
  return (
    story.set("checkout:2") === undefined &&
    story.world.store
      .list(RESOURCES.replicaSets, { namespace: NAMESPACE })
      .items.some((set) => JSON.stringify(set["spec"]).includes("checkout:2") && set.metadata.labels?.[ROLE] === undefined)
  );
}

describe("with the controller killed after any write of a release", () => {
  test.each([{ bad: false }, { bad: true }])(
    "everything is given back and no request is lost: %o",
    { timeout: HUGE_MS },
    async (options) => {
      let stops = 0;
      for (let n = 1; ; n++) {
        const story = await stoppedAt(n, options);
        if (story === undefined) break;
        stops += 1;
        const expected = isHandedOver(story) ? free("checkout:2") : FROZEN;
        const outages = watchOutages(story.world);
        const { end } = await eject(story);
        await story.world.advance(60_000);
        expect({ n, ok: end.ok, ...without("serin.dev/resume", left(story)), outages }).toEqual({ n, ok: true, ...expected, outages: [] });
      }
      expect(stops).toBeGreaterThan(options.bad ? 15 : 20);
    },
  );
});

describe("stopped between any two of its own writes and started again", () => {
  const stages: readonly (readonly [string, () => Promise<Story>, Left])[] = [
    ["at 5 %", () => midRelease("95/5"), FROZEN],
    ["at 50 %", () => midRelease("50/50"), FROZEN],
    ["at 100 %", () => midRelease("0/100"), FROZEN],
    ["handed over", handedOver, free("checkout:2")],
    ["idle", () => small(), free("checkout:1")],
  ];

  test.each(stages)("it reaches the same end: %s", { timeout: HUGE_MS }, async (_, begin, expected) => {
    for (const when of ["before", "after"] as const) {
      for (let n = 1; n < 30; n++) {
        const story = await begin();
        stopController(story);
        const outages = watchOutages(story.world);
        const { end } = await ejectTwice(story, n, when);
        await story.world.advance(60_000);
        const seen = { n, when, ok: end.ok, ...without("serin.dev/resume", left(story)), outages };
        expect(seen).toEqual({ n, when, ok: true, ...expected, outages: [] });
      }
    }
  });
});

async function handedOver(): Promise<Story> {
  const story = await small();
  story.push("checkout:2");
  await story.world.until("the hand-over", () => isHandedOver(story));
  return story;
}

describe("while a controller runs", () => {
  test.each(["95/5", "50/50", "0/100"])("it writes nothing more once it has seen the mark: at %s", async (weights) => {
    const story = await midRelease(weights);
    const outages = watchOutages(story.world);
    const { end } = await eject(story);
    await story.world.advance(300_000);
    expect(end.ok).toBe(true);
    expect(left(story)).toEqual(FROZEN);
    expect(outages).toEqual([]);
    expect(story.status()).toMatchObject({ phase: "Paused" });
    expect(story.status().conditions?.find(({ type }) => type === "Ready")?.reason).toBe("HandsOff");
  });

  test("the mark removed, it adopts anew and tries the template that waits", async () => {
    const story = await midRelease("50/50");
    await eject(story);
    story.patch(RESOURCES.deployments, "checkout", { metadata: { annotations: { [HANDS_OFF]: null } } });
    await story.outcome("Promoted");
    await story.phase("Ready");
    await story.world.advance(60_000);
    expect(left(story).pods).toEqual({ "checkout:2": REPLICAS });
  });
});

describe("the untried is never shipped", () => {
  test("but with --ship, after everything else was given back", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    const outages = watchOutages(story.world);
    await eject(story, { ship: true });
    await story.world.advance(60_000);
    expect(without("serin.dev/resume", left(story))).toEqual(free("checkout:2"));
    expect(outages).toEqual([]);
  });

  test("taken back in Git, a second eject unpauses it and no pod is replaced", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    await eject(story);
    const podsBefore = podNames(story);
    story.push("checkout:1");
    await eject(story);
    await story.world.advance(60_000);
    expect(left(story)).toEqual(free("checkout:1"));
    expect(podNames(story)).toEqual(podsBefore);
  });

  test("a refused template stays refused", async () => {
    const story = await small({ behaviourOf: BAD });
    story.push("checkout:2");
    await story.phase("RolledBack");
    stopController(story);
    await eject(story);
    await story.world.advance(60_000);
    expect(left(story)).toEqual(FROZEN);
  });

  test("resumed by hand in the middle: frozen again, what Kubernetes made is taken away", async () => {
    const story = await midRelease("95/5");
    stopController(story);
    story.patch(RESOURCES.deployments, "checkout", { spec: { paused: false } });
    await story.world.advance(300);
    const { end } = await eject(story);
    await story.world.advance(60_000);
    expect(end.ok).toBe(true);
    expect(left(story)).toEqual(FROZEN);
  });

  // Where the policy holds a release paused nothing is rolled out.
  test.runIf(FORM === "Always")("resumed by hand and rolled out already: the outage behind the pin ends", async () => {
    const story = await midRelease("95/5");
    story.disturb();
    stopController(story);
    story.patch(RESOURCES.deployments, "checkout", { spec: { paused: false } });
    await story.world.advance(60_000);
    expect(left(story)).toMatchObject({ pods: { "checkout:2": REPLICAS + 1 } });
    await eject(story);
    await story.world.advance(60_000);
    expect(without("serin.dev/resume", left(story))).toEqual(free("checkout:2"));
    const outages = watchOutages(story.world);
    await story.world.advance(1000);
    expect(outages).toEqual([]);
  });
});

describe("with parts of it lost", () => {
  test("the CanaryRollout is gone: found by the Deployment's mark", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    const { store } = story.world;
    story.patch(RESOURCES.canaryRollouts, "checkout", { metadata: { finalizers: null } });
    store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await story.world.advance(5000);
    const { end } = await eject(story);
    await story.world.advance(60_000);
    expect(end.ok).toBe(true);
    expect(left(story)).toEqual({ ...FROZEN, finalizers: [] });
  });

  test("the CanaryRollout is being deleted: let go at the end", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    await eject(story);
    await story.world.advance(60_000);
    expect(left(story)).toEqual({ ...FROZEN, finalizers: [] });
    expect(story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout")).toBeUndefined();
  });

  test("the stable ReplicaSet was deleted: put back before any request goes there", async () => {
    const story = await midRelease("50/50");
    story.disturb();
    stopController(story);
    const { store } = story.world;
    const stable = story.status().stable?.podTemplateHash ?? "";
    store.delete(RESOURCES.replicaSets, NAMESPACE, `checkout-${stable}`);
    await story.world.advance(1000);
    const { told } = await eject(story);
    expect(told.slice(1, 4)).toEqual([
      expect.stringMatching(/^ReplicaSet .* put back/),
      "stable has no ready pod yet",
      expect.stringMatching(/^all requests to stable/),
    ]);
    await story.world.advance(60_000);
    expect(left(story)).toEqual(FROZEN);
  });

  test("somebody rewrote the route: it goes first", async () => {
    const story = await midRelease("50/50");
    story.disturb();
    stopController(story);
    story.patch(RESOURCES.httpRoutes, "checkout", { spec: { rules: [{ backendRefs: [{ name: "elsewhere", port: 80 }] }] } });
    const { told } = await eject(story);
    await story.world.advance(60_000);
    expect(told[1]).toContain("HTTPRoute checkout away");
    expect(left(story)).toEqual(FROZEN);
  });

  test("the status is lost", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    story.world.store.patch(
      RESOURCES.canaryRollouts,
      NAMESPACE,
      "checkout",
      { type: "merge", body: { status: null } },
      { subresource: "status" },
    );
    await eject(story);
    await story.world.advance(60_000);
    expect(left(story)).toEqual(FROZEN);
  });

  test("the Deployment is gone: what the trial left is taken away", async () => {
    const story = await midRelease("50/50");
    stopController(story);
    story.world.store.delete(RESOURCES.deployments, NAMESPACE, "checkout", { propagation: "Orphan" });
    await story.world.advance(1000);
    const { end } = await eject(story);
    expect(end.ok).toBe(true);
    expect(left(story)).toMatchObject({ route: false, services: ["checkout"], trials: 0, pin: undefined, finalizers: [] });
  });
});

test("a copy of the Deployment is left alone", async () => {
  const story = await midRelease("50/50");
  stopController(story);
  const { metadata, spec } = deploymentOf(story);
  const annotations = { ...metadata.annotations };
  const labels = { app: "copy" };
  const template = { ...spec.template, metadata: { labels } };
  const copy = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "copy", annotations },
    spec: { ...spec, selector: { matchLabels: labels }, template },
  };
  const before = story.world.store.create(RESOURCES.deployments, NAMESPACE, copy);
  await eject(story);
  expect(story.world.store.get(RESOURCES.deployments, NAMESPACE, "copy")["spec"]).toEqual(before["spec"]);
  expect(story.world.store.get(RESOURCES.deployments, NAMESPACE, "copy").metadata.annotations?.[HANDS_OFF]).toBeUndefined();
});

test.runIf(FORM === "Always")("what Serin paused is not any more, with its own deadline", async () => {
  const story = await adopted({ spec: SPEC, replicas: REPLICAS });
  stopController(story);
  const { spec } = deploymentOf(story);
  expect(spec).toMatchObject({ paused: true, progressDeadlineSeconds: 2147483647 });
  await eject(story);
  expect(deploymentOf(story).spec).toMatchObject({ progressDeadlineSeconds: 600 });
  expect(deploymentOf(story).spec.paused).toBeUndefined();
});

test("what is planned at the beginning is what is done, step by step", async () => {
  const story = await midRelease("50/50");
  stopController(story);
  const objects = await observeForEject(clientOf(story.world.store), NAMESPACE, "checkout");
  const planned = ejectSteps(snapshotOf(objects), { ship: false, now: story.world.clock.now() }).map(({ title }) => title);
  const { told } = await eject(story);
  expect(told).toEqual(planned);
});

test("a second eject finds nothing to do", async () => {
  const story = await midRelease("50/50");
  stopController(story);
  await eject(story);
  const { resourceVersion } = deploymentOf(story).metadata;
  const again: Ejected = await eject(story);
  expect(again).toMatchObject({ told: [], end: { ok: true, steps: 0 } });
  expect(deploymentOf(story).metadata.resourceVersion).toBe(resourceVersion);
});

test("endpoints that never go are said, and the requests are safe by then", async () => {
  const story = await midRelease("50/50");
  stopController(story);
  const labels = { "kubernetes.io/service-name": "checkout-canary" };
  const slice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name: "by-hand", labels }, addressType: "IPv4" };
  story.world.store.create(RESOURCES.endpointSlices, NAMESPACE, { ...slice, endpoints: [{ addresses: ["10.1.2.3"] }], ports: [] });
  const { end } = await eject(story, { timeoutMs: 10_000 });
  expect(end).toEqual({ ok: false, stuckAt: "the trial's pods and endpoints go" });
  expect(story.weights()).toBe("100/0");
});

function podNames(story: Story): string[] {
  return story.world.store.list(RESOURCES.pods, { namespace: NAMESPACE }).items.map(({ metadata }) => metadata.name);
}
