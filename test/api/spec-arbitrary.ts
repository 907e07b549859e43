/** Valid specs of every form, for properties that must hold for all of them. */
import fc from "fast-check";
import type { CanaryRolloutSpec } from "../../src/api/canary-rollout.ts";
import { formatDuration } from "../../src/domain/duration.ts";

function duration(min: number, max: number) {
  return fc.integer({ min, max }).map((seconds) => formatDuration(seconds * 1000));
}

const step = fc.record(
  {
    minDuration: duration(0, 60),
    maxDuration: duration(300, 3_600),
    onInconclusive: fc.constantFrom("Hold", "Advance", "Rollback"),
    approval: fc.boolean(),
  },
  { requiredKeys: [] },
);

const steps = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 100 }), step), { minLength: 1, maxLength: 32 })
  .map((list) => list.toSorted(([a], [b]) => a - b).map(([weight, rest]) => ({ weight, ...rest })));

const rate = fc.integer({ min: 10_000, max: 999_999 }).map((n) => `${n / 10_000}%`);

const latency = fc.uniqueArray(fc.record({ percentile: fc.constantFrom("1", "50", "90", "99", "99.9", "99.999"), max: duration(1, 60) }), {
  maxLength: 6,
  selector: ({ percentile }) => percentile,
});

const labels = fc.dictionary(fc.constantFrom("app", "tier", "example.com/team"), fc.constantFrom("web", "edge", ""), { minKeys: 1 });

const analysis = fc
  .record(
    {
      preset: fc.constantFrom("Linkerd", "Other"),
      source: fc.constantFrom("Prometheus", "Proxies"),
      clients: fc.record({ matchLabels: labels }),
      interval: duration(1, 300),
      minRequests: fc.integer({ min: 1, max: 1_000_000 }),
      onError: fc.constantFrom("Hold", "Rollback"),
      errorTimeout: duration(300, 3_600),
      successRate: fc.record({ min: rate }, { requiredKeys: [] }),
      latency,
    },
    { requiredKeys: [] },
  )
  .map(({ clients, ...rest }) => (clients !== undefined && rest.source === "Proxies" ? { ...rest, clients } : rest));

export const validSpec = fc.record(
  {
    targetRef: fc.record(
      { apiVersion: fc.constant("apps/v1"), kind: fc.constant("Deployment"), name: fc.constantFrom("checkout", "a", "web-2") },
      { requiredKeys: ["name"] },
    ),
    traffic: fc.record({ service: fc.constantFrom("web", "x-1"), port: fc.integer({ min: 1, max: 65_535 }) }, { requiredKeys: [] }),
    canary: fc.record(
      {
        replicas: fc.oneof(fc.constantFrom("Proportional", "Full"), fc.integer({ min: 11, max: 1000 })),
        readyTimeout: duration(1, 3_600),
        scaleDownDelay: duration(0, 3_600),
      },
      { requiredKeys: [] },
    ),
    strategy: fc.record(
      {
        steps,
        bake: duration(0, 600),
        maxUnready: fc.integer({ min: 0, max: 10 }),
        deadline: duration(3_600, 100_000),
        onFail: fc.constantFrom("Rollback", "Stop"),
      },
      { requiredKeys: [] },
    ),
    analysis,
    health: fc.constantFrom("Wait", "Detached"),
    deletionPolicy: fc.constantFrom("Unfreeze", "Resume"),
    suspend: fc.boolean(),
  },
  { requiredKeys: ["targetRef"] },
) as fc.Arbitrary<CanaryRolloutSpec>;

export function manifest(spec: unknown) {
  return { apiVersion: "serin.dev/v1alpha1", kind: "CanaryRollout", metadata: { name: "checkout", namespace: "shop" }, spec };
}
