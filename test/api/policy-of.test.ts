import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CanaryRolloutSpec } from "../../src/api/canary-rollout.ts";
import { parseRollout } from "../../src/api/parse-rollout.ts";
import { policyOf } from "../../src/api/policy-of.ts";
import { apply } from "./api-server.ts";
import { manifest, validSpec } from "./spec-arbitrary.ts";

const MINUTE = 60_000;

describe("policyOf", () => {
  it("makes a complete, safe rollout of targetRef alone", () => {
    const step = { minDurationMs: MINUTE, maxDurationMs: 30 * MINUTE, onInconclusive: "Hold", approval: false };
    expect(policyOf({ targetRef: { name: "checkout" } })).toEqual({
      target: { kind: "Deployment", name: "checkout" },
      traffic: { service: "checkout", port: undefined },
      canary: { replicas: "Proportional", readyTimeoutMs: 10 * MINUTE, scaleDownDelayMs: 30_000 },
      steps: [1, 5, 20, 50].map((weight) => ({ weight, ...step })),
      bakeMs: MINUTE,
      maxUnready: 0,
      deadlineMs: 120 * MINUTE,
      onFail: "Rollback",
      analysis: {
        preset: "Linkerd",
        source: "Prometheus",
        clients: undefined,
        intervalMs: 10_000,
        minRequests: 50,
        successRateMin: 0.99,
        latency: [],
        onError: "Hold",
        errorTimeoutMs: 10 * MINUTE,
      },
      health: "Wait",
      deletionPolicy: "Unfreeze",
      suspend: false,
    });
  });

  it("takes the controller's preset where the spec names none", () => {
    expect(policyOf({ targetRef: { name: "a" } }, { preset: "Istio" }).analysis.preset).toBe("Istio");
    expect(policyOf({ targetRef: { name: "a" }, analysis: { preset: "Linkerd" } }, { preset: "Istio" }).analysis.preset).toBe("Linkerd");
  });

  it("keeps percentiles as written and as exact fractions", () => {
    const latency = [{ percentile: "99.9", max: "500ms" }];
    const { analysis } = policyOf({ targetRef: { name: "a" }, analysis: { latency } });
    expect(analysis.latency).toEqual([{ percentile: "99.9", quantile: 0.999, maxMs: 500 }]);
  });

  it("never throws on a valid spec, and all its numbers are numbers", () => {
    fc.assert(
      fc.property(validSpec, (spec) => {
        expect(CanaryRolloutSpec.safeParse(spec).error).toBeUndefined();
        const policy = policyOf(spec);
        const { analysis, steps } = policy;
        const numbers = [policy.bakeMs, policy.deadlineMs, policy.canary.readyTimeoutMs, policy.canary.scaleDownDelayMs];
        const more = [analysis.intervalMs, analysis.errorTimeoutMs, ...steps.flatMap((step) => [step.minDurationMs, step.maxDurationMs])];
        for (const number of [...numbers, ...more]) expect(Number.isSafeInteger(number)).toBe(true);
        for (const share of [analysis.successRateMin!, ...analysis.latency.map(({ quantile }) => quantile)]) {
          expect(share > 0 && share < 1).toBe(true);
        }
      }),
    );
  });

  it("reads the same with and without the API server's defaults", () => {
    fc.assert(
      fc.property(validSpec, (spec) => {
        const once = apply(manifest(spec));
        expect(once.problems).toEqual([]);
        expect(apply(once.stored).stored).toEqual(once.stored);
        expect(policyOf(once.stored["spec"] as CanaryRolloutSpec)).toEqual(policyOf(spec));
      }),
      { numRuns: 50 },
    );
  });
});

describe("parseRollout", () => {
  it("answers with the object as it came, and its policy", () => {
    const object = { ...manifest({ targetRef: { name: "a" } }), status: { phase: "FromTheFuture" } };
    const parsed = parseRollout(object);
    expect(parsed.ok && parsed.rollout).toBe(object);
    expect(parsed.ok && parsed.policy).toEqual(policyOf({ targetRef: { name: "a" } }));
  });

  it("accepts what an API server adds to metadata", () => {
    const metadata = { name: "a", uid: "u", generation: 3, managedFields: [{}], finalizers: ["serin.dev/restore"], deletionTimestamp: "t" };
    expect(parseRollout({ ...manifest({ targetRef: { name: "a" } }), metadata }).ok).toBe(true);
  });

  it("names field, value and fix of everything that is wrong", () => {
    const parsed = parseRollout(manifest({ targetRef: { name: "a" }, suspend: "yes", analysis: { successRate: { min: 0.99 } } }));
    expect(parsed).toEqual({
      ok: false,
      errors: [
        {
          path: "spec.analysis.successRate.min",
          value: 0.99,
          message: "must be a percentage from 1% to below 100% in quotes",
          fix: 'write "99%"',
        },
        { path: "spec.suspend", value: "yes", message: "must be true or false, without quotes", fix: "write true" },
      ],
    });
  });

  it("refuses anything at all without throwing, and says something about each refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.jsonValue().map(manifest), fc.record({ spec: validSpec })), (value) => {
        const parsed = parseRollout(value);
        if (parsed.ok) return;
        expect(parsed.errors.length).toBeGreaterThan(0);
        for (const { message, fix } of parsed.errors) expect(Math.min(message.length, fix.length)).toBeGreaterThan(0);
      }),
    );
  });
});
