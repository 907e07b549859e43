import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextSize, resolvedSurge, surgeOf, trialSize } from "../../src/workload/size.ts";
import { deployment } from "./objects.ts";

const n = fc.integer({ min: 1, max: 500 });
const weight = fc.integer({ min: 1, max: 100 });

describe("the size that a weight needs", () => {
  it.each<[number, number, number]>([
    [10, 1, 1],
    [10, 5, 1],
    [10, 20, 3],
    [10, 50, 10],
    [10, 90, 10],
    [10, 100, 10],
    [100, 20, 25],
    [3, 34, 2],
    [1, 1, 1],
    [0, 50, 0],
  ])("%i pods at %i %% need %i", (pods, percent, size) => {
    expect(trialSize(pods, percent, "Proportional")).toBe(size);
  });

  it("never loads a canary pod more than a stable one, unless there are no more of them", () => {
    fc.assert(
      fc.property(n, weight, (pods, percent) => {
        const size = trialSize(pods, percent, "Proportional");
        expect(size).toBeGreaterThanOrEqual(1);
        expect(size).toBeLessThanOrEqual(pods);
        if (size < pods) expect(percent / size).toBeLessThanOrEqual((100 - percent) / pods + 1e-9);
      }),
    );
  });

  it("follows n at 100 %, whatever the size asked for", () => {
    fc.assert(
      fc.property(n, fc.oneof(fc.constant("Full" as const), fc.constant("Proportional" as const), fc.nat(99)), (pods, replicas) => {
        expect(trialSize(pods, 100, replicas)).toBe(pods);
      }),
    );
  });

  it("takes a written number between 1 and n", () => {
    expect(trialSize(10, 20, "Full")).toBe(10);
    expect(trialSize(10, 20, 4)).toBe(4);
    expect(trialSize(10, 20, 40)).toBe(10);
    expect(trialSize(10, 20, 0)).toBe(1);
  });
});

describe("growing to it", () => {
  it("takes the sizes of the recorded release", () => {
    const sizes = [0];
    for (let size = 0; size < 10; sizes.push(size)) size = nextSize(size, 10, size, 10, "25%");
    expect(sizes).toEqual([0, 1, 4, 7, 10]);
    expect([nextSize(1, 3, 1, 10, "25%"), nextSize(3, 10, 3, 10, "25%"), nextSize(6, 10, 6, 10, "25%")]).toEqual([3, 6, 9]);
  });

  it("crash-looping canary pods never become more than one", () => {
    expect(nextSize(0, 10, 0, 10, "100%")).toBe(1);
    expect(nextSize(1, 10, 0, 10, "100%", 5)).toBe(1);
  });

  it("waits for the pods that are there, but for those that may be unready", () => {
    expect(nextSize(4, 10, 3, 10, 1)).toBe(4);
    expect(nextSize(4, 10, 3, 10, 1, 1)).toBe(7);
  });

  it("shrinks at once", () => {
    expect(nextSize(10, 0, 0, 10, 1)).toBe(0);
    expect(nextSize(10, 4, 2, 10, 1)).toBe(4);
  });

  it("starts at one, never passes the target, and reaches it in batches no larger than allowed", () => {
    const surge = fc.oneof(
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 100 }).map((p) => `${p}%`),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(n, fc.double({ min: 0, max: 1, noNaN: true }), surge, (pods, part, maxSurge) => {
        const target = Math.max(1, Math.round(pods * part));
        const batch = Math.max(1, resolvedSurge(maxSurge, pods), Math.ceil(pods / 4));
        let size = nextSize(0, target, 0, pods, maxSurge);
        expect(size).toBe(1);
        for (let steps = 0; size < target; steps++) {
          expect(nextSize(size, target, size - 1, pods, maxSurge)).toBe(size);
          const next = nextSize(size, target, size, pods, maxSurge);
          expect(next).toBeGreaterThan(size);
          expect(next - size).toBeLessThanOrEqual(batch);
          expect(next).toBeLessThanOrEqual(target);
          expect(steps).toBeLessThan(5);
          size = next;
        }
      }),
    );
  });
});

describe("maxSurge as Kubernetes resolves it", () => {
  it.each<[number | string | undefined, number, number]>([
    ["25%", 10, 3],
    ["25%", 12, 3],
    ["1%", 10, 1],
    ["0%", 10, 0],
    ["200%", 10, 20],
    [undefined, 10, 3],
    [4, 10, 4],
    [0, 10, 0],
    ["25%", 0, 0],
  ])("%s of %i is %i", (maxSurge, pods, surge) => {
    expect(resolvedSurge(maxSurge, pods)).toBe(surge);
  });

  it("is none for a Deployment that recreates", () => {
    expect(surgeOf(deployment())).toBe(3);
    expect(surgeOf(deployment({ strategy: { type: "Recreate" } }))).toBe(0);
  });
});
