/** Exit codes by state, the lease, and the words for ages and versions. */
import { describe, expect, test } from "vitest";
import { controllerStateOf, leaseWarning } from "../../../src/cli/release/lease.ts";
import { exitCodeOf } from "../../../src/cli/release/state.ts";
import { progressLine, shortRevision, span, tagOf, timeLeftMs } from "../../../src/cli/release/words.ts";
import { CANARY_IMAGE, condition, during, idle, NOON, paused, progressing, ready, rolledBack } from "../support/objects.ts";

function stalledBy(reason: string) {
  return progressing({ phase: "Stalled", conditions: [condition("Ready", "False", reason), condition("Stalled", "True", reason)] });
}

describe("exit codes", () => {
  test.each([
    ["no status yet", idle(undefined), 8],
    ["ready", idle(ready()), 0],
    ["ready, of the spec before", idle(ready({ observedGeneration: 0 })), 8],
    ["ready, of the template before", idle(ready(), CANARY_IMAGE), 8],
    ["on its way", during(progressing()), 8],
    ["rolling back", during(rolledBack({ phase: "RollingBack" })), 1],
    ["a reverted release is taken apart", idle(ready({ phase: "RollingBack" })), 8],
    ["rolled back", during(rolledBack()), 1],
    ["approval", during(paused("AwaitingApproval")), 7],
    ["suspended", during(paused("Suspended")), 7],
    ["hands off", idle(ready({ phase: "Paused", conditions: [condition("Ready", "False", "HandsOff")] })), 7],
    ["held for evidence", during(paused("InsufficientTraffic", {}, true)), 2],
    ["no verdict", during(paused("Inconclusive", {}, true)), 2],
    ["invalid", during(stalledBy("InvalidSpec")), 3],
    ["metrics", during(stalledBy("MetricsUnavailable")), 4],
    ["forbidden", during(stalledBy("Forbidden")), 1],
  ])("%s", (_, facts, code) => {
    expect(exitCodeOf(facts)).toBe(code);
  });
});

describe("is a controller at work?", () => {
  const lease = (spec: object, namespace = "serin-system") => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "serin-controller", namespace },
    spec,
  });
  const held = { holderIdentity: "serin-0", leaseDurationSeconds: 15, renewTime: "2026-11-25T11:59:50.000000Z" };

  test.each([
    ["held", [lease(held)], "work"],
    ["one of several is held", [lease({ holderIdentity: "" }, "a"), lease(held, "b")], "work"],
    ["ended", [lease({ ...held, renewTime: "2026-11-25T11:59:40.000000Z" })], "rest"],
    ["given back", [lease({ ...held, holderIdentity: "" })], "rest"],
    ["none", [], "rest"],
  ])("%s", (_, leases, at) => {
    const state = controllerStateOf(leases, NOON);
    expect(state.at).toBe(at);
    expect(leaseWarning(state) === undefined).toBe(at === "work");
  });
});

describe("words", () => {
  test.each([
    [0, "0s"],
    [59_400, "59s"],
    [60_000, "1m"],
    [3_600_000, "1h"],
    [5_400_000, "1h30m"],
    [40_000_000, "11h"],
    [200_000_000, "2d"],
    [-5, "0s"],
  ])("%i ms is %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  test.each([
    ["ghcr.io/shop/checkout:v2.3.1", "v2.3.1"],
    ["localhost:5000/checkout", "checkout"],
    ["localhost:5000/checkout:1", "1"],
    ["checkout@sha256:0123456789abcdef", "01234567"],
    ["checkout:v1@sha256:0123456789abcdef", "v1"],
  ])("the version of %s is %s", (image, tag) => {
    expect(tagOf(image)).toBe(tag);
  });

  test("revisions are as long as it takes to tell them apart, and never too short for an intent", () => {
    expect(shortRevision("bcdfghjklm", "xcdfghjklm")).toBe("bcdf");
    expect(shortRevision("bcdfghjklm", "bcdfgxjklm")).toBe("bcdfgh");
    expect(shortRevision(undefined)).toBe("");
  });

  test("time is left only while time is what is waited for", () => {
    expect(timeLeftMs(during(progressing()), NOON)).toBe(150_000);
    expect(timeLeftMs(during(paused("AwaitingApproval")), NOON)).toBeUndefined();
    expect(timeLeftMs(during(progressing(), { spec: { strategy: { steps: "none" } } }), NOON)).toBeUndefined();
  });

  test("a line for logs says phase, step, weight and why", () => {
    expect(progressLine(during(progressing()))).toBe("Progressing  step 3/4, 20 %: gathering evidence");
    expect(progressLine(during(progressing({ message: "weight 0" })))).toBe("Progressing  step 3/4  20%  weight 0");
    expect(progressLine(idle(ready(), CANARY_IMAGE))).toMatch(/the controller has not seen it yet$/);
  });
});
