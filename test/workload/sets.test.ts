import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../src/domain/kube.ts";
import { trialReplicaSet } from "../../src/workload/build.ts";
import { revisionOf } from "../../src/workload/revision.ts";
import {
  activeSets,
  availableCount,
  controlledSets,
  emptyTwins,
  isAdopted,
  isComplete,
  isHandedOver,
  newSetOf,
  podsOf,
  readyPods,
  trialOf,
  trialsOf,
} from "../../src/workload/sets.ts";
import { deployment, ownedBy, pod, replicaSet, template, UID } from "./objects.ts";

const v1 = replicaSet("v1", "checkout:1", 10);
const pending = deployment({ template: template("checkout:2") });
const revision = revisionOf(pending.spec.template);
const trial = withIdentity(trialReplicaSet({ rolloutName: "checkout", deployment: pending, stableSet: v1, revision, size: 1, now: 0 }));

function withIdentity(set: ReplicaSet): ReplicaSet {
  return { ...set, metadata: { ...set.metadata, uid: "trial", creationTimestamp: "2026-11-25T10:00:00Z" } };
}

function handedOver(set: ReplicaSet, controller: boolean): ReplicaSet {
  const labels = set.spec.template.metadata?.labels ?? {};
  return { ...set, metadata: { ...set.metadata, labels, ownerReferences: ownedBy(UID, controller) } };
}

describe("sets of a Deployment", () => {
  const foreign = { ...v1, metadata: { ...v1.metadata, name: "other", ownerReferences: ownedBy("another") } };
  const old = replicaSet("v0", "checkout:0", 0, "2026-11-25T08:00:00Z");

  it("are those it controls, oldest first", () => {
    expect(controlledSets(pending, [v1, trial, foreign, old])).toEqual([old, v1]);
    expect(activeSets([old, v1])).toEqual([v1]);
  });

  it("the new one is the oldest with an equal template, as Kubernetes chooses", () => {
    const younger = replicaSet("v1b", "checkout:1", 0, "2026-11-25T12:00:00Z");
    expect(newSetOf(deployment(), [younger, v1])).toBe(v1);
    expect(newSetOf(pending, [younger, v1, trial])).toBeUndefined();
  });

  it("empty twins are older than the trial would be: each must go first", () => {
    const twin = replicaSet("twin", "checkout:2", 0);
    const emptying = { ...replicaSet("emptying", "checkout:2", 0), status: { replicas: 2 } };
    const full = replicaSet("full", "checkout:2", 3);
    expect(emptyTwins(pending, [v1, old, twin, emptying, full, trial], pending.spec.template)).toEqual([twin]);
  });
});

describe("complete", () => {
  const status = (more: Deployment["status"]) => ({ ...deployment(), status: { ...deployment().status, ...more } });

  it("with one active set, the template's own, all pods updated and available", () => {
    expect(isComplete(deployment(), [v1])).toBe(true);
    expect(isComplete(deployment(), [v1, replicaSet("v0", "checkout:0", 0)])).toBe(true);
  });

  it("with no pods wanted and none there", () => {
    expect(isComplete(deployment({ replicas: 0 }), [replicaSet("v1", "checkout:1", 0)])).toBe(true);
  });

  it.each<[string, Deployment, ReplicaSet[]]>([
    ["before its first set", deployment(), []],
    ["while its status is of an older generation", status({ observedGeneration: 0 }), [v1]],
    ["while old pods remain", status({ replicas: 13 }), [v1]],
    ["while pods lack the template", status({ updatedReplicas: 4 }), [v1]],
    ["while pods are unavailable", status({ availableReplicas: 9 }), [v1]],
    ["with two active sets", deployment(), [v1, replicaSet("v0", "checkout:0", 2)]],
    ["with a template that no set runs", pending, [v1]],
    ["with a status that says nothing", { ...deployment(), status: {} }, [v1]],
  ])("not %s", (_, target, sets) => {
    expect(isComplete(target, sets)).toBe(false);
  });
});

describe("the trial", () => {
  it("is found by its labels and its revision", () => {
    const superseded = trialReplicaSet({
      rolloutName: "checkout",
      deployment: deployment({ template: template("checkout:9") }),
      stableSet: v1,
      revision: "old",
      size: 0,
      now: 0,
    });
    const another = trialReplicaSet({ rolloutName: "cart", deployment: pending, stableSet: v1, revision, size: 1, now: 0 });
    const sets = [v1, another, superseded, trial];
    expect(trialOf("checkout", sets, revision, pending)).toBe(trial);
    expect(trialOf("checkout", sets)).toBe(trial);
    expect(trialsOf("checkout", sets)).toEqual([superseded, trial]);
    expect(trialOf("checkout", sets, "unknown", pending)).toBeUndefined();
  });

  it("is found after the hand-over, adopted or about to be", () => {
    expect(trialOf("checkout", [v1, handedOver(trial, false)], revision, pending)?.metadata.uid).toBe("trial");
    expect(trialOf("checkout", [v1, handedOver(trial, true)], revision, pending)?.metadata.uid).toBe("trial");
    const elsewhere = deployment({}, { uid: "another" });
    expect(trialOf("checkout", [handedOver(trial, true)], revision, elsewhere)).toBeUndefined();
  });

  it("is handed over with the patch, adopted with Kubernetes' answer", () => {
    expect([isHandedOver(pending, trial), isAdopted(pending, trial)]).toEqual([false, false]);
    expect([isHandedOver(pending, handedOver(trial, false)), isAdopted(pending, handedOver(trial, false))]).toEqual([true, false]);
    expect([isHandedOver(pending, handedOver(trial, true)), isAdopted(pending, handedOver(trial, true))]).toEqual([true, true]);
  });
});

describe("pods", () => {
  const ready = { conditions: [{ type: "Ready", status: "True" }] } as const;
  const one = pod("one", v1, ready);
  const leaving = { ...pod("leaving", v1, ready), metadata: { ...pod("leaving", v1).metadata, deletionTimestamp: "2026-11-25T10:00:00Z" } };

  it("belong to the set that controls them, and are ready while they stay", () => {
    const others = [pod("two", v1), leaving, pod("else", trial, ready)];
    expect(podsOf(v1, [one, ...others]).map(({ metadata }) => metadata.name)).toEqual(["one", "two", "leaving"]);
    expect(readyPods([one, ...others]).map(({ metadata }) => metadata.name)).toEqual(["one", "else"]);
  });

  it("of a set without a uid are none", () => {
    const { uid: _, ...metadata } = v1.metadata;
    expect(podsOf({ ...v1, metadata }, [{ ...one, metadata: { name: "bare" } }])).toEqual([]);
  });

  it("are available as far as the set counts them", () => {
    expect(availableCount(v1)).toBe(10);
    expect(availableCount({ ...v1, spec: { ...v1.spec, replicas: 4 } })).toBe(4);
    expect(availableCount(undefined)).toBe(0);
  });
});
