/** One step of a rolling update, from sizes and availability. */
import { describe, expect, test } from "vitest";
import { newSetSize, oldSetSizes } from "../../../../src/sim/kube/controllers/deployment/rolling.ts";
import type { LiveDeployment, LiveSet } from "../../../../src/sim/kube/controllers/index.ts";
import { deployment } from "./support/world.ts";

const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
const ten = deployment({ replicas: 10, spec: { strategy } }) as LiveDeployment;

function set(age: number, replicas: number, availableReplicas: number): LiveSet {
  const { selector, template } = ten.spec;
  const metadata = { name: `set-${age}`, creationTimestamp: new Date(Date.UTC(2026, 0, 1) - age * 1000).toISOString() };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec: { replicas, selector, template }, status: { availableReplicas } };
}

describe("old sets", () => {
  test.each<[string, LiveSet, readonly LiveSet[], readonly number[]]>([
    ["shrink by maxUnavailable at the start", set(0, 3, 0), [set(9, 10, 10)], [8]],
    ["wait while the new pods are not available", set(0, 5, 0), [set(9, 8, 8)], []],
    ["shrink as the new pods become available", set(0, 5, 2), [set(9, 8, 8)], [6]],
    ["lose unhealthy pods first, the oldest set's", set(0, 5, 2), [set(9, 4, 3), set(5, 4, 4)], [2]],
    ["give unhealthy pods up although it brings no availability", set(0, 3, 0), [set(9, 10, 7)], [8]],
    ["wait until the status has followed the last step", set(0, 5, 1), [set(9, 8, 10)], []],
    ["end when all new pods are available", set(0, 10, 10), [set(9, 2, 2), set(5, 1, 1)], [0, 0]],
  ])("%s", (_name, newSet, oldSets, expected) => {
    expect(oldSetSizes(ten, newSet, oldSets).map(({ size }) => size)).toEqual(expected);
  });
});

describe("the new set", () => {
  test.each([
    ["starts with the surge", 0, 10, 3],
    ["starts empty where others fill the surge", 0, 13, 0],
    ["grows into the room that old sets left", 3, 8, 5],
    ["grows no further than the size", 8, 2, 10],
    ["shrinks to the size", 12, 0, 10],
  ])("%s", (_name, current, old, expected) => {
    expect(newSetSize(ten, [set(9, old, old), set(0, current, current)], current)).toBe(expected);
  });
});
