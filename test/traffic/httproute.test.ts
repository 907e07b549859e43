import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Condition, Route } from "../../src/domain/kube.ts";
import { ROUTE_KINDS, weightsOf } from "../../src/traffic/index.ts";
import { BACKENDS, built, patched, routeContract } from "./contract.ts";

const kind = ROUTE_KINDS.HTTPRoute;
routeContract(kind);

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: { readonly body: Route };
}

function recorded(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8"));
}

const exchanges = (recorded("kube-apiserver/raw/release.json") as { exchanges: Exchange[] }).exchanges;
const onRoutes = exchanges.filter(({ request }) => request.path.includes("/httproutes"));

describe("the recorded release", () => {
  it("creates the route as it did", () => {
    const created = onRoutes[0];
    const uid = "e181ca89-4025-4d7b-b215-b0f09c1e7808";
    const input = { rollout: { name: "checkout", namespace: "shop", uid }, name: "checkout", apex: "checkout", port: 80 };
    const { metadata, ...route } = kind.build({ ...input, ...BACKENDS, weights: weightsOf(0) });
    const { namespace, ...withoutNamespace } = metadata;
    expect({ ...route, metadata: withoutNamespace }).toEqual(created?.request.body);
    expect(namespace).toBe("shop");
  });

  it.each([1, 5, 20, 50, 100].map((percent, index) => [percent, index] as const))("raises to %i %% as it did", (percent, index) => {
    const before = onRoutes[index]?.response.body as Route;
    const { request } = onRoutes[index + 1] as Exchange;
    // Linkerd's policy controller wrote status in between; only the version moved.
    const resourceVersion = (request.body as { value: string }[])[0]?.value ?? "";
    expect(kind.write(before, BACKENDS, weightsOf(percent), { resourceVersion })).toEqual(request.body);
    expect(kind.read(before, BACKENDS)).toMatchObject({ ok: true, percent: [0, 1, 5, 20, 50][index] });
  });
});

describe("weights", () => {
  it.each([
    [0, { stable: 100, canary: 0 }],
    [1, { stable: 99, canary: 1 }],
    [100, { stable: 0, canary: 100 }],
    [0.1, { stable: 999, canary: 1 }],
    [12.5, { stable: 875, canary: 125 }],
  ])("of %d %%", (percent, weights) => {
    expect(weightsOf(percent)).toEqual(weights);
  });

  it("an absent weight counts 1, and is added rather than replaced", () => {
    const route = built(kind);
    const bare = { ...route, spec: { rules: [{ backendRefs: [{ name: BACKENDS.stable }, { name: BACKENDS.canary }] }] } };
    expect(kind.read(bare, BACKENDS)).toMatchObject({ weights: { stable: 1, canary: 1 }, percent: 50 });
    expect(kind.write(bare, BACKENDS, { stable: 99, canary: 1 }).map(({ op }) => op)).toEqual(["test", "test", "add", "add"]);
  });
});

describe("the mark of a final cut", () => {
  const route = built(kind, { stable: 80, canary: 20 });

  it("comes with both weights, though they seem to stand: the route may have been raised since it was read", () => {
    const seen = built(kind, { stable: 100, canary: 0 });
    const operations = kind.write(seen, BACKENDS, weightsOf(0), { cut: "rev/0" });
    expect(kind.read(patched(route, operations) ?? route, BACKENDS)).toMatchObject({ percent: 0 });
  });

  it("is one patch with the weight, also on a route without annotations", () => {
    const cut = patched(route, kind.write(route, BACKENDS, weightsOf(0), { cut: "rev/0" }));
    expect(cut && kind.read(cut, BACKENDS)).toMatchObject({ percent: 0 });
    expect(cut?.metadata.annotations).toEqual({ "serin.dev/cut": "rev/0" });
  });

  it("goes with the raise that starts a retry, and what is not there is not removed", () => {
    const marked = { ...route, metadata: { ...route.metadata, annotations: { "serin.dev/cut": "rev/0", note: "x" } } };
    const raised = patched(marked, kind.write(marked, BACKENDS, weightsOf(50), { cut: null }));
    expect(raised?.metadata.annotations).toEqual({ note: "x" });
    expect(kind.write(route, BACKENDS, weightsOf(50), { cut: null }).map(({ op }) => op)).not.toContain("remove");
  });
});

describe("what the mesh says", () => {
  const parent = { name: "checkout", namespace: "shop", port: 80 };
  const ok: Condition[] = [
    { type: "Accepted", status: "True", reason: "Accepted" },
    { type: "ResolvedRefs", status: "True", reason: "ResolvedRefs" },
  ];

  function withStatus(conditions: readonly Condition[], ref: object = {}): Route {
    const parentRef = { group: "core", kind: "Service", name: "checkout", namespace: "shop", port: 80, ...ref };
    return { ...built(kind), status: { parents: [{ parentRef, controllerName: "linkerd.io/policy-controller", conditions }] } };
  }

  it("Linkerd's own answer counts: group core, no observedGeneration, a generation that moved on", () => {
    const answered = recorded("linkerd/httproute.json") as Route;
    const newer = { ...answered, metadata: { ...answered.metadata, generation: 9 } };
    expect(kind.accepted(newer, { name: "web", namespace: "lab", port: 80 })).toEqual({ ok: true });
    expect(kind.accepted(newer, { name: "web", namespace: "lab", port: 81 })).toMatchObject({ ok: false, reason: "RouteNotAccepted" });
  });

  it.each<[string, Route, object]>([
    ["accepted", withStatus(ok), { ok: true }],
    ["no group and no namespace in the answer", withStatus(ok, { group: "", namespace: undefined }), { ok: true }],
    ["no status yet", built(kind), { ok: false, reason: "RouteNotAccepted" }],
    ["another parent", withStatus(ok, { name: "cart" }), { ok: false, reason: "RouteNotAccepted" }],
    ["another namespace", withStatus(ok, { namespace: "prod" }), { ok: false, reason: "RouteNotAccepted" }],
    [
      "a Gateway of that name",
      withStatus(ok, { group: "gateway.networking.k8s.io", kind: "Gateway" }),
      { ok: false, reason: "RouteNotAccepted" },
    ],
    [
      "stale by its own generation",
      withStatus(ok.map((one) => ({ ...one, observedGeneration: 0 }))),
      { ok: false, reason: "RouteNotAccepted" },
    ],
    ["of this generation", withStatus(ok.map((one) => ({ ...one, observedGeneration: 1 }))), { ok: true }],
    [
      "beaten by a GRPCRoute",
      withStatus([{ type: "Accepted", status: "False", reason: "RouteReasonConflicted", message: "" }]),
      { ok: false, reason: "RouteReasonConflicted" },
    ],
    [
      "a backend that does not exist: its share would be instant 500s",
      withStatus([ok[0]!, { type: "ResolvedRefs", status: "False", reason: "BackendNotFound", message: "checkout-canary" }]),
      { ok: false, reason: "BackendNotFound", message: expect.stringContaining("checkout-canary") },
    ],
  ])("%s", (_, route, answer) => {
    expect(kind.accepted(route, parent)).toMatchObject(answer);
  });

  it("one controller that accepts is enough", () => {
    const refused = withStatus([{ type: "Accepted", status: "False", reason: "NoMatchingParent" }]).status?.parents ?? [];
    const both = [...refused, ...(withStatus(ok).status?.parents ?? [])];
    expect(kind.accepted({ ...built(kind), status: { parents: both } }, parent)).toEqual({ ok: true });
  });
});
