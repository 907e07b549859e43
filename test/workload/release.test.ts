/** What Serin builds is what the recorded release wrote, field for field. */
import { describe, expect, it } from "vitest";
import type { Deployment, PatchOperation, ReplicaSet, Service } from "../../src/domain/kube.ts";
import { restoredStableSet, trialReplicaSet, versionService } from "../../src/workload/build.ts";
import { freezePatch, handOverPatch, pinPatch, releaseMarkPatch, resizePatch } from "../../src/workload/patches.ts";
import { revisionOf } from "../../src/workload/revision.ts";
import { emptyTwins, isHandedOver, trialOf } from "../../src/workload/sets.ts";
import { deployment } from "./objects.ts";
import { release, written } from "./release.ts";

const REVISION = "c7dnkdpxr6";
const STABLE = "7d5c849dc5";
const frozen = written("PATCH", "/deployments/checkout").answer as Deployment;
const changed = written("PATCH", "/deployments/checkout", 1).answer as Deployment;
const rollout = { name: "checkout", namespace: "shop", uid: "e181ca89-4025-4d7b-b215-b0f09c1e7808" };
const trialWrite = written<ReplicaSet>("POST", "/replicasets");
const copy = JSON.parse(trialWrite.body.metadata.annotations?.["serin.dev/stable"] ?? "");

const stableSet: ReplicaSet = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: copy.name, namespace: "shop", labels: copy.labels },
  spec: { replicas: 10, selector: { matchLabels: copy.labels }, template: copy.template },
};

/** The recorder wrote JSON inside annotations with spaces, and no namespace in bodies whose path names it. */
function asRecorded<T>(object: T): unknown {
  return JSON.parse(JSON.stringify(object), (key, value) => {
    if (key === "namespace") return undefined;
    return key === "serin.dev/stable" || key === "serin.dev/original" ? JSON.parse(value) : value;
  });
}

describe("the recorded release", () => {
  it("names the revision as it did", () => {
    expect(revisionOf(changed.spec.template)).toBe(REVISION);
    expect(revisionOf(trialWrite.body.spec.template)).toBe(REVISION);
  });

  it("freezes the Deployment", () => {
    const before = deployment({ progressDeadlineSeconds: 600 });
    expect(asRecorded(freezePatch(before, "checkout"))).toEqual(asRecorded(written("PATCH", "/deployments/checkout").body));
  });

  it("marks the release on the Deployment, and takes the mark off", () => {
    const uid = frozen.metadata.uid ?? "";
    expect(releaseMarkPatch(uid, REVISION)).toEqual(written("PATCH", "/deployments/checkout", 2).body);
    expect(releaseMarkPatch(uid, null)).toEqual(written("PATCH", "/deployments/checkout", 3).body);
  });

  it("pins the apex Service, moves the pin, and takes it off", () => {
    const pinned = written("PATCH", "/services/checkout", 0);
    const moved = written("PATCH", "/services/checkout", 1);
    const off = written<PatchOperation[]>("PATCH", "/services/checkout", 2);
    expect(pinPatch(off.answer as Service, STABLE)).toEqual(pinned.body);
    expect(pinPatch(pinned.answer as Service, REVISION)).toEqual(moved.body);
    expect(pinPatch(moved.answer as Service, null)).toEqual(off.body);
  });

  it("creates the two version Services", () => {
    const apex = written("PATCH", "/services/checkout").answer as Service;
    const roles = [
      ["stable", STABLE],
      ["canary", REVISION],
    ] as const;
    for (const [index, [role, hash]] of roles.entries()) {
      const { body, answer } = written<Service>("POST", "/services", index);
      const built = versionService({ rollout, apex, role, hash });
      expect(built.metadata.labels).toEqual(body.metadata.labels);
      expect(built.metadata.ownerReferences).toEqual(body.metadata.ownerReferences);
      expect(built.metadata.name).toBe(body.metadata.name);
      // The recorder left out what the server fills in; the apex has it already.
      expect(answer.spec).toMatchObject(built.spec);
    }
  });

  it("creates the trial", () => {
    const now = Date.parse("2026-11-25T09:34:01.789Z");
    const built = trialReplicaSet({ rolloutName: "checkout", deployment: changed, stableSet, revision: REVISION, size: 1, now });
    expect(asRecorded(built)).toEqual(asRecorded(trialWrite.body));
  });

  it("resizes the trial, the time with the size", () => {
    const { body } = written("PATCH", `/replicasets/checkout-${REVISION}`);
    expect(resizePatch(3, Date.parse("2026-11-25T09:34:02Z"))).toEqual(body);
  });

  it("hands the trial over", () => {
    const sized = written("PATCH", `/replicasets/checkout-${REVISION}`, 3);
    const patch = written<PatchOperation[]>("PATCH", `/replicasets/checkout-${REVISION}`, 4);
    const observed = patch.body[0] as { value: string };
    const trial = { ...(sized.answer as ReplicaSet) };
    const atHandOver = { ...trial, metadata: { ...trial.metadata, resourceVersion: observed.value } };
    expect(handOverPatch({ trial: atHandOver, deployment: changed })).toEqual(patch.body);
    expect(isHandedOver(changed, trial)).toBe(false);
    expect(isHandedOver(changed, patch.answer as ReplicaSet)).toBe(true);
  });

  it("finds the trial before and after its hand-over", () => {
    const before = trialWrite.answer as ReplicaSet;
    const after = written("PATCH", `/replicasets/checkout-${REVISION}`, 4).answer as ReplicaSet;
    expect(trialOf("checkout", [before], REVISION, changed)).toBe(before);
    expect(trialOf("checkout", [after], REVISION, changed)).toBe(after);
    expect(trialOf("checkout", [after])).toBeUndefined();
    expect(emptyTwins(changed, [before], changed.spec.template)).toEqual([]);
  });

  it("would put the stable set back as it was, at full size", () => {
    const restored = restoredStableSet(trialWrite.answer as ReplicaSet, changed);
    expect(restored?.metadata).toMatchObject({ name: stableSet.metadata.name, labels: stableSet.metadata.labels, namespace: "shop" });
    expect(restored?.spec).toEqual({ ...stableSet.spec, selector: { matchLabels: { app: "checkout", "pod-template-hash": STABLE } } });
    expect(restored?.metadata.annotations).toEqual({
      "deployment.kubernetes.io/desired-replicas": "10",
      "deployment.kubernetes.io/max-replicas": "13",
    });
  });

  it("was accepted in every write", () => {
    expect(release.filter(({ response }) => response.status >= 300)).toEqual([]);
  });
});
