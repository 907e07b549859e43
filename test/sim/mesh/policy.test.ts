import { describe, expect, test } from "vitest";
import { policyOf } from "../../../src/sim/mesh/policy.ts";
import { findRule } from "../../../src/sim/mesh/route-match.ts";
import { fact, route, service, services, WEB, withRule } from "./lab.ts";

const none = new Map();
const get = (path: string, headers: Record<string, string> = {}) => ({ method: "GET", path, headers });
const names = (policy: ReturnType<typeof policyOf>["policy"]) =>
  policy.map(({ backends }) => backends.map(({ backend, weight }) => [backend === "invalid" ? backend : backend.name, weight]));

describe("routes of a parent", () => {
  test("without a route the Service's own endpoints answer", () => {
    const { policy } = policyOf(WEB, [], services(), none);
    expect(policy).toEqual([{ route: undefined, matches: [], backends: [{ backend: WEB, weight: 1 }] }]);
  });

  test("a route on the parent splits as it says", () => {
    expect(names(policyOf(WEB, [route(70, 30)], services(), none).policy)).toEqual([
      [
        ["web-stable", 70],
        ["web-canary", 30],
      ],
    ]);
  });

  test("a route on another port, or of a headless parent, does not", () => {
    const elsewhere = { ...WEB, port: 81 };
    expect(names(policyOf(elsewhere, [route(70, 30)], services(), none).policy)).toEqual([[["web", 1]]]);
    const headless = services(service("web", { clusterIP: "None" }));
    expect(names(policyOf(WEB, [route(70, 30)], headless, none).policy)).toEqual([[["web", 1]]]);
  });

  test("a backend that does not exist stays in the split, as invalid", () => {
    const without = (namespace: string, name: string) => (name === "web-canary" ? undefined : services()(namespace, name));
    expect(names(policyOf(WEB, [route(70, 30)], without, none).policy)).toEqual([
      [
        ["web-stable", 70],
        ["invalid", 30],
      ],
    ]);
  });

  test("a GRPCRoute on the same parent takes it away from HTTPRoutes", () => {
    expect(Object.keys(fact("grpcroute").with_grpcroute)).toEqual(["200 stable"]);
    expect(names(policyOf(WEB, [route(0, 100)], services(), none, true).policy)).toEqual([[["web", 1]]]);
  });

  test.each(Object.keys(fact("filters")).filter((name) => name !== "base" && name !== "ResponseHeaderModifier"))(
    "a route with %s keeps the split that it had before",
    (type) => {
      const before = policyOf(WEB, [route(50, 50)], services(), none);
      const filtered = withRule(route(0, 100), { filters: [{ type }] });
      const after = policyOf(WEB, [filtered], services(), before.converted);
      expect(after.policy).toEqual(before.policy);
      expect(names(policyOf(WEB, [filtered], services(), none).policy)).toEqual([[["web", 1]]]);
    },
  );

  test("of two routes that match alike the older holds", () => {
    const newer = {
      ...route(0, 100),
      metadata: { ...route(0, 100).metadata, name: "a", uid: "2", creationTimestamp: "2026-11-24T00:00:00Z" },
    };
    const { policy } = policyOf(WEB, [newer, route(100, 0)], services(), none);
    expect(findRule(policy, get("/"))?.route?.name).toBe("web");
  });
});

describe("matches", () => {
  const header = { matches: [{ headers: [{ name: "X-Canary", value: "yes" }] }] };
  const plain = route(100, 0).spec.rules![0]!;
  const forTesters = { ...withRule(route(0, 100), header).spec.rules![0]!, name: "testers" };
  const both = { ...route(100, 0), spec: { ...route(100, 0).spec, rules: [plain, forTesters] } };

  test("a header match beats the plain rule, whatever their order", () => {
    const { policy } = policyOf(WEB, [both], services(), none);
    expect(findRule(policy, get("/", { "x-canary": "yes" }))).toBe(policy[1]);
    expect(findRule(policy, get("/"))).toBe(policy[0]);
    expect(findRule(policy, get("/", { "x-canary": "no" }))).toBe(policy[0]);
  });

  test("a request that nothing matches has no rule", () => {
    const only = withRule(route(0, 100), header);
    expect(findRule(policyOf(WEB, [only], services(), none).policy, get("/"))).toBeUndefined();
  });

  test.each([
    [{ path: { type: "PathPrefix", value: "/cart" } }, "/cart/items?x=1", true],
    [{ path: { type: "PathPrefix", value: "/cart" } }, "/cartoon", false],
    [{ path: { type: "Exact", value: "/cart" } }, "/cart?x=1", true],
    [{ path: { type: "Exact", value: "/cart" } }, "/cart/items", false],
    [{ path: { type: "RegularExpression", value: "/c[a-z]+t" } }, "/cart", true],
    [{ method: "POST" }, "/", false],
    [{ queryParams: [{ name: "v", value: "2" }] }, "/?v=2", true],
    [{ headers: [{ name: "cookie", type: "RegularExpression", value: "canary=[0-9]+" }] }, "/", true],
  ])("%j on %s", (match, path, holds) => {
    const { policy } = policyOf(WEB, [withRule(route(0, 100), { matches: [match] })], services(), none);
    expect(findRule(policy, get(path, { cookie: "a=1; canary=7" })) !== undefined).toBe(holds);
  });

  test("the longer prefix holds", () => {
    const short = withRule(route(100, 0), { matches: [{ path: { value: "/a" } }] }).spec.rules![0]!;
    const long = withRule(route(0, 100), { matches: [{ path: { value: "/a/b" } }] }).spec.rules![0]!;
    const { policy } = policyOf(WEB, [{ ...both, spec: { ...both.spec, rules: [short, long] } }], services(), none);
    expect(findRule(policy, get("/a/b/c"))).toBe(policy[1]);
  });
});
