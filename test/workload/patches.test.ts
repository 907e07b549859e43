import { applyPatch } from "rfc6902";
import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../src/domain/kube.ts";
import { trialReplicaSet } from "../../src/workload/build.ts";
import {
  freezePatch,
  handOverPatch,
  keepFrozenPatch,
  pinPatch,
  putBackPatch,
  refreezePatch,
  unfreezePatch,
  withVersion,
} from "../../src/workload/patches.ts";
import { deployment, replicaSet, service, template, UID } from "./objects.ts";

/** RFC 7386. */
function merged<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as T;
  const result: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key] ?? {}, value);
  }
  return result as T;
}

const applied = "kubectl.kubernetes.io/last-applied-configuration";

describe("freeze and leave", () => {
  it.each<[string, Deployment]>([
    ["an ordinary Deployment", deployment()],
    ["with annotations of its own", deployment({}, { annotations: { note: "x" } })],
    ["paused by its owner", deployment({ paused: true })],
    ["with a deadline of its own", deployment({ progressDeadlineSeconds: 300 })],
  ])("leaves %s as it was", (_, before) => {
    const frozen = merged(before, freezePatch(before, "checkout"));
    expect(frozen.spec.paused).toBe(true);
    expect(frozen.metadata.annotations?.["serin.dev/rollout"]).toBe(`checkout/${UID}`);
    const left = merged(frozen, unfreezePatch(frozen));
    expect({ ...left, metadata: { ...left.metadata, annotations: left.metadata.annotations ?? {} } }).toEqual({
      ...before,
      metadata: { ...before.metadata, annotations: before.metadata.annotations ?? {} },
    });
  });

  it("takes the release mark and the frozen mark off too", () => {
    const frozen = merged(merged(deployment(), freezePatch(deployment(), "checkout")), keepFrozenPatch("why"));
    expect(frozen.metadata.annotations?.["serin.dev/frozen"]).toBe("why");
    expect(merged(frozen, unfreezePatch(frozen)).metadata.annotations).toEqual({});
  });

  it.each<[string, Deployment, boolean]>([
    ["the default that nobody names", deployment(), true],
    ["another value", deployment({ progressDeadlineSeconds: 601 }), false],
    [
      "named by an Apply",
      deployment({}, { managedFields: [{ operation: "Apply", fieldsV1: { "f:spec": { "f:progressDeadlineSeconds": {} } } }] }),
      false,
    ],
    [
      "an Apply that names other fields",
      deployment({}, { managedFields: [{ operation: "Apply", fieldsV1: { "f:spec": { "f:replicas": {} } } }] }),
      true,
    ],
    [
      "written by an Update, as every default is",
      deployment({}, { managedFields: [{ operation: "Update", fieldsV1: { "f:spec": { "f:progressDeadlineSeconds": {} } } }] }),
      true,
    ],
    ["named by kubectl apply", deployment({}, { annotations: { [applied]: '{"spec":{"progressDeadlineSeconds":600}}' } }), false],
    ["kubectl apply without it", deployment({}, { annotations: { [applied]: '{"spec":{}}' } }), true],
    ["a last-applied that is no JSON", deployment({}, { annotations: { [applied]: "{" } }), true],
  ])("lifts the deadline where it is %s: %#", (_, target, lifted) => {
    const frozen = merged(target, freezePatch(target, "checkout"));
    expect(frozen.spec.progressDeadlineSeconds === 2147483647).toBe(lifted);
  });

  it("gives back no deadline over one that was changed meanwhile", () => {
    const frozen = merged(deployment(), freezePatch(deployment(), "checkout"));
    const changed = merged(frozen, { spec: { progressDeadlineSeconds: 900 } });
    expect(merged(changed, unfreezePatch(changed)).spec.progressDeadlineSeconds).toBe(900);
  });

  it("survives a damaged original", () => {
    const damaged = deployment({ paused: true, progressDeadlineSeconds: 2147483647 }, { annotations: { "serin.dev/original": "[" } });
    expect(merged(damaged, unfreezePatch(damaged)).spec.paused).toBeUndefined();
  });

  it("freezes again what was resumed, and keeps what it was before", () => {
    const frozen = merged(deployment(), freezePatch(deployment(), "checkout"));
    const resumed = merged(frozen, { spec: { paused: null } });
    expect(merged(resumed, refreezePatch(resumed, "checkout"))).toEqual(frozen);
  });

  it("freezes again what a tool replaced, marks and all", () => {
    const frozen = merged(deployment(), freezePatch(deployment(), "checkout"));
    expect(merged(deployment(), refreezePatch(deployment(), "checkout"))).toEqual(frozen);
  });
});

describe("the pin", () => {
  it("comes off by a patch that tests it; nothing to take off is nothing to write", () => {
    expect(pinPatch(service(), null)).toEqual([]);
    const pinned = merged(service(), pinPatch(service(), "v1"));
    expect(pinned.spec.selector).toEqual({ app: "checkout", "pod-template-hash": "v1" });
    expect(applyPatch(pinned, [...pinPatch(pinned, null)])).toEqual([null, null]);
    expect(pinned).toEqual(service());
  });
});

describe("the hand-over", () => {
  const target = deployment({ template: template("checkout:2"), replicas: 4 });
  const stableSet = replicaSet("v1", "checkout:1", 4);

  function trial(metadata: Partial<ReplicaSet["metadata"]> = {}): ReplicaSet {
    const built = trialReplicaSet({ rolloutName: "checkout", deployment: target, stableSet, revision: "rev", size: 4, now: 0 });
    return { ...built, metadata: { ...built.metadata, resourceVersion: "9", ...metadata } };
  }

  it("takes Serin's marks off and keeps those of others", () => {
    const set = trial({ annotations: { "serin.dev/stable": "{}", "serin.dev/sized-at": "x", note: "kept" } });
    expect(applyPatch(set, handOverPatch({ trial: trial({ annotations: set.metadata.annotations ?? {} }), deployment: target }))).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(set.metadata.labels).toEqual({ app: "checkout", "pod-template-hash": "rev" });
    expect(set.metadata.annotations).toEqual({
      note: "kept",
      "deployment.kubernetes.io/desired-replicas": "4",
      "deployment.kubernetes.io/max-replicas": "5",
    });
  });

  it.each<[string, ReplicaSet]>([
    ["the trial changed", trial({ resourceVersion: "10" })],
    ["the trial has another size than the Deployment", { ...trial(), spec: { ...trial().spec, replicas: 3 } }],
  ])("is refused where %s", (_, now) => {
    const answers = applyPatch(now, handOverPatch({ trial: trial(), deployment: target }));
    expect(answers.some((answer) => answer !== null)).toBe(true);
  });

  it("puts a shrunk set back to its size, known as such", () => {
    const desired = { "deployment.kubernetes.io/desired-replicas": "4", "deployment.kubernetes.io/max-replicas": "5" };
    expect(putBackPatch(target, 0)).toEqual({
      metadata: { annotations: { ...desired, "serin.dev/sized-at": "1970-01-01T00:00:00Z" } },
      spec: { replicas: 4 },
    });
  });
});

it("a precondition goes into the patch", () => {
  const observed = deployment({}, { resourceVersion: "12" });
  expect(withVersion({ metadata: { annotations: { a: "b" } }, spec: {} }, observed)).toEqual({
    metadata: { annotations: { a: "b" }, resourceVersion: "12" },
    spec: {},
  });
});
