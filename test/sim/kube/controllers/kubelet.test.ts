/** Pods in the kubelet's hands: placed, run, told of, and ended within their grace. */
import { describe, expect, test } from "vitest";
import {
  createKubelet,
  createSimulatedRuntime,
  type LivePod,
  type PodBehaviour,
  type PodReport,
  type PodRuntime,
} from "../../../../src/sim/kube/controllers/index.ts";
import { createStore } from "../../../../src/sim/kube/store.ts";
import { createVirtualClock } from "../../../../src/sim/virtual-clock.ts";

const PODS = { group: "", version: "v1", plural: "pods", kind: "Pod" } as const;

function node(runtimeOf: (clock: ReturnType<typeof createVirtualClock>) => PodRuntime) {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  const store = createStore({ now: clock.now, namespaces: ["shop"] });
  createKubelet({ store, clock, runtime: runtimeOf(clock) });
  const pod = () => store.find(PODS, "shop", "web") as LivePod | undefined;
  const create = (spec: object = {}) =>
    store.create(PODS, "shop", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web" },
      spec: {
        containers: [
          { name: "a", image: "a:1" },
          { name: "b", image: "b:1" },
        ],
        ...spec,
      },
    });
  return { clock, store, pod, create };
}

function simulated(behaviour: PodBehaviour, stopMs = 500) {
  return node((clock) => createSimulatedRuntime({ clock, behaviourOf: () => behaviour, stopMsOf: () => stopMs }));
}

function ready(pod: LivePod | undefined): string | undefined {
  return pod?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

test("a pod is placed, gets an address and becomes ready after its time", () => {
  const { clock, pod, create } = simulated({ kind: "ready", afterMs: 2000 });
  create();
  clock.advance(1000);
  expect(pod()).toMatchObject({ spec: { nodeName: "n1" }, status: { phase: "Pending" } });
  clock.advance(2000);
  expect(pod()?.status).toMatchObject({
    phase: "Running",
    podIP: expect.stringMatching(/^10\.244\.\d+\.\d+$/),
    startTime: "2026-01-01T00:00:02Z",
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:02Z" }),
    ]),
    containerStatuses: [
      { name: "a", image: "a:1", ready: true, restartCount: 0 },
      { name: "b", image: "b:1", ready: true, restartCount: 0 },
    ],
  });
});

test("a crash loop restarts ever later, between the reason and the exit code", () => {
  const { clock, pod, create } = simulated({ kind: "crashLoop", runsMs: 2000, exitCode: 3 });
  create();
  clock.advance(1000);
  expect(pod()?.status?.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 0, state: { running: {} } });
  clock.advance(2000);
  expect(pod()?.status?.containerStatuses?.[0]).toMatchObject({
    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" } },
    lastState: { terminated: { reason: "Error", exitCode: 3 } },
  });
  clock.advance(600_000);
  const restarts = pod()?.status?.containerStatuses?.[0]?.restartCount ?? 0;
  expect(restarts).toBeGreaterThanOrEqual(5);
  expect(restarts).toBeLessThanOrEqual(7);
  expect(ready(pod())).toBe("False");
});

test("a pod that lives for a while before it crashes is ready in between", () => {
  const { clock, pod, create } = simulated({ kind: "crashLoop", runsMs: 5000, exitCode: 1, readyAfterMs: 1000 });
  create();
  clock.advance(3000);
  expect(ready(pod())).toBe("True");
  clock.advance(4000);
  expect(ready(pod())).toBe("False");
});

test("an image that can't be pulled is told as Kubernetes tells it", () => {
  const { clock, pod, create } = simulated({ kind: "imagePull", message: "not found" });
  create();
  clock.advance(500);
  expect(pod()?.status).toMatchObject({
    phase: "Pending",
    containerStatuses: [{ state: { waiting: { reason: "ErrImagePull", message: "not found" } } }, {}],
  });
  clock.advance(3000);
  expect(pod()?.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
    reason: "ImagePullBackOff",
    message: 'Back-off pulling image "a:1": ErrImagePull: not found',
  });
});

describe("the end of a pod", () => {
  test("comes when it has stopped, or when its grace period is over", () => {
    for (const [stopMs, atMost] of [
      [500, 1000],
      [60_000, 3000],
    ] as const) {
      const { clock, store, pod, create } = simulated({ kind: "ready", afterMs: 10 }, stopMs);
      create({ terminationGracePeriodSeconds: 2 });
      clock.advance(1000);
      store.delete(PODS, "shop", "web");
      expect(pod()?.metadata).toMatchObject({ deletionGracePeriodSeconds: 2 });
      clock.advance(300);
      expect(pod()).toBeDefined();
      clock.advance(atMost);
      expect(pod()).toBeUndefined();
    }
  });

  test("by force is told to the runtime, which reports to nobody any more", () => {
    const events: string[] = [];
    let report: ((told: PodReport) => void) | undefined;
    const { clock, store, pod, create } = node(() => ({
      start(started, tell) {
        events.push(`start ${started.spec.nodeName}`);
        report = tell;
      },
      stop: () => void events.push("stop"),
    }));
    create();
    clock.advance(100);
    store.delete(PODS, "shop", "web", { gracePeriodSeconds: 0 });
    create();
    report?.({ phase: "Running", containers: [{ name: "a", ready: true, restartCount: 0, state: { running: { startedAt: "" } } }] });
    clock.advance(100);
    expect(events).toEqual(["start n1", "stop", "start n1"]);
    expect(pod()?.status?.phase).toBe("Pending");
  });
});

test("a runtime may bring its own address", () => {
  const { clock, pod, create } = node(() => ({
    start: (_pod, report) =>
      report({
        phase: "Running",
        podIP: "127.0.0.9",
        containers: [{ name: "a", ready: true, restartCount: 0, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }],
      }),
    stop: (_pod, stopped) => stopped(),
  }));
  create();
  clock.advance(100);
  expect(pod()?.status?.podIP).toBe("127.0.0.9");
  expect(ready(pod())).toBe("True");
});
