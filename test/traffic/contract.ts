/**
 * What every kind of route must hold: read(write(r, w)) is w, everything else stays byte for byte, a second write is
 * empty. Run by the test file of each kind.
 */
import fc from "fast-check";
import { applyPatch } from "rfc6902";
import { describe, expect, it } from "vitest";
import type { PatchOperation, Route } from "../../src/domain/kube.ts";
import type { RouteKind, Weights } from "../../src/traffic/route-kind.ts";

export const BACKENDS = { stable: "checkout-stable", canary: "checkout-canary" };
const rollout = { name: "checkout", namespace: "shop", uid: "rollout" };

export function built(kind: RouteKind, weights: Weights = { stable: 100, canary: 0 }): Route {
  const route = kind.build({ rollout, name: "checkout", apex: "checkout", port: 80, ...BACKENDS, weights });
  return { ...route, metadata: { ...route.metadata, resourceVersion: "1", generation: 1 } };
}

/** As an API server applies it: all or nothing. */
export function patched(route: Route, operations: readonly PatchOperation[]): Route | undefined {
  const copy = structuredClone(route);
  const failed = applyPatch(copy, [...operations]).some((error) => error !== null);
  return failed ? undefined : copy;
}

const weight = fc.integer({ min: 0, max: 1_000_000 });
const split = fc.record({ stable: weight, canary: weight }).filter(({ stable, canary }) => stable + canary > 0);
const unknown = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 6 }).filter((key) => !["name", "weight", "kind", "group", "namespace"].includes(key)),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
);

/** Other rules, other backends, fields that nobody knows, with and without weights and annotations. */
const surroundings = fc.record({
  before: fc.array(unknown, { maxLength: 2 }),
  refs: fc.array(unknown, { maxLength: 2 }),
  swapped: fc.boolean(),
  bare: fc.boolean(),
  fields: unknown,
  annotations: fc.option(fc.dictionary(fc.constantFrom("a/b", "note", "serin.dev/cut"), fc.string(), { maxKeys: 2 }), { nil: undefined }),
  testers: fc.boolean(),
});

function surrounded(kind: RouteKind, weights: Weights, around: typeof surroundings extends fc.Arbitrary<infer T> ? T : never): Route {
  const route = built(kind, weights);
  const rule = route.spec.rules?.[0];
  const refs = (rule?.backendRefs ?? []).map(({ weight: written, ...ref }) => ({
    ...around.fields,
    ...ref,
    ...(around.bare ? {} : { weight: written ?? 0 }),
  }));
  const testers = {
    matches: [{ headers: [{ name: "x-tester", value: "1" }] }],
    backendRefs: [{ name: BACKENDS.canary, port: 80, weight: 7 }],
  };
  const others = around.refs.map((ref, index) => ({ ...ref, name: `other-${index}`, port: 80, weight: 3 }));
  const managed = { ...around.fields, ...rule, backendRefs: [...others, ...(around.swapped ? refs.toReversed() : refs)] };
  const metadata = around.annotations === undefined ? route.metadata : { ...route.metadata, annotations: around.annotations };
  return { ...route, metadata, spec: { ...route.spec, rules: [...around.before, ...(around.testers ? [testers] : []), managed] } };
}

/** The route without what Serin may change. */
function untouched(kind: RouteKind, route: Route): string {
  const read = kind.read(route, BACKENDS);
  const copy = structuredClone(route) as unknown as {
    metadata: { annotations?: Record<string, string> };
    spec: { rules: { backendRefs?: { name?: string; weight?: number }[] }[] };
  };
  for (const ref of copy.spec.rules[read.ok ? read.rule : 0]?.backendRefs ?? []) {
    if (ref.name === BACKENDS.stable || ref.name === BACKENDS.canary) delete ref.weight;
  }
  const { "serin.dev/cut": _, ...annotations } = copy.metadata.annotations ?? {};
  return JSON.stringify({ ...copy, metadata: { ...copy.metadata, annotations } });
}

export function routeContract(kind: RouteKind): void {
  describe(`the contract of route kinds: ${kind.kind}`, () => {
    const cut = fc.constantFrom(undefined, null, "rev/0", "rev/1");

    it("reads back what it built", () => {
      fc.assert(
        fc.property(split, (weights) => {
          expect(kind.read(built(kind, weights), BACKENDS)).toMatchObject({ ok: true, rule: 0, weights });
        }),
      );
    });

    it("a header rule for testers beside the plain rule, fields that nobody knows: only the two weights and the cut mark change", () => {
      fc.assert(
        fc.property(split, split, surroundings, cut, (before, after, around, mark) => {
          const route = surrounded(kind, before, around);
          const original = JSON.stringify(route);
          const result = patched(route, kind.write(route, BACKENDS, after, { cut: mark }));
          expect(JSON.stringify(route)).toBe(original);
          expect(result && kind.read(result, BACKENDS)).toMatchObject({ ok: true, weights: after });
          expect(result && untouched(kind, result)).toBe(untouched(kind, route));
          const was = route.metadata.annotations?.["serin.dev/cut"];
          expect(result?.metadata.annotations?.["serin.dev/cut"]).toBe(mark === undefined ? was : (mark ?? undefined));
        }),
      );
    });

    it("a pass over its own work writes nothing: no route grows", () => {
      fc.assert(
        fc.property(split, split, surroundings, cut, (before, after, around, mark) => {
          const route = surrounded(kind, before, around);
          const once = patched(route, kind.write(route, BACKENDS, after, { cut: mark })) ?? route;
          expect(kind.write(once, BACKENDS, after, { cut: mark, resourceVersion: "1" })).toEqual([]);
        }),
      );
    });

    it("both backends stay, never with 0 and 0", () => {
      const route = built(kind);
      expect(() => kind.write(route, BACKENDS, { stable: 0, canary: 0 })).toThrow(RangeError);
      for (const bad of [-1, 0.5, Number.NaN, 1_000_001]) {
        expect(() => kind.write(route, BACKENDS, { stable: bad, canary: 1 })).toThrow(RangeError);
      }
      const result = patched(route, kind.write(route, BACKENDS, { stable: 0, canary: 100 }));
      expect(result?.spec.rules?.[0]?.backendRefs?.map(({ name }) => name)).toEqual([BACKENDS.stable, BACKENDS.canary]);
    });

    it("a patch fails where the backends changed places, and a raise where anything changed", () => {
      const route = built(kind);
      const swapped = {
        ...route,
        spec: { ...route.spec, rules: [{ backendRefs: (route.spec.rules?.[0]?.backendRefs ?? []).toReversed() }] },
      };
      const newer = { ...route, metadata: { ...route.metadata, resourceVersion: "2" } };
      const lowering = kind.write(route, BACKENDS, { stable: 99, canary: 1 });
      const raise = kind.write(route, BACKENDS, { stable: 99, canary: 1 }, { resourceVersion: "1" });
      expect(patched(swapped, lowering)).toBeUndefined();
      expect(patched(newer, raise)).toBeUndefined();
      expect(patched(newer, lowering)).toBeDefined();
    });

    it("refuses what it could not change safely", () => {
      const { stable, canary } = BACKENDS;
      const refs = (...names: string[]) => names.map((name) => ({ name, port: 80, weight: 50 }));
      const rules = (...lists: { name: string; weight?: number; namespace?: string }[][]) => ({
        ...built(kind),
        spec: { rules: lists.map((backendRefs) => ({ backendRefs })) },
      });
      const zero = { name: stable, weight: 0 };
      expect(kind.read(rules(refs(stable)), BACKENDS)).toMatchObject({ ok: false, reason: "BackendsMissing" });
      expect(kind.read(rules(refs(stable), refs(canary)), BACKENDS)).toMatchObject({ ok: false, reason: "BackendsMissing" });
      expect(kind.read({ ...built(kind), spec: {} }, BACKENDS)).toMatchObject({ ok: false, reason: "BackendsMissing" });
      expect(kind.read(rules(refs(stable, canary), refs(stable, canary)), BACKENDS)).toMatchObject({
        ok: false,
        reason: "AmbiguousBackends",
      });
      expect(kind.read(rules(refs(stable, canary, canary)), BACKENDS)).toMatchObject({ ok: false, reason: "AmbiguousBackends" });
      expect(kind.read(rules([zero, { name: canary, weight: 0 }]), BACKENDS)).toMatchObject({ ok: false, reason: "AllWeightsZero" });
      const elsewhere = { name: canary, weight: 1, namespace: "prod" };
      expect(kind.read(rules([zero, elsewhere]), BACKENDS)).toMatchObject({ ok: false, reason: "BackendsMissing" });
    });
  });
}
