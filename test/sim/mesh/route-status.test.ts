import { describe, expect, test } from "vitest";
import { routeStatus } from "../../../src/sim/mesh/route-status.ts";
import { fact, fixture, route, services } from "./lab.ts";

const recorded = JSON.parse(fixture("status.json"));
const TIME: string = recorded.status[0].conditions[0].lastTransitionTime;
const summary = (status: ReturnType<typeof routeStatus>) =>
  status?.map(({ conditions }) => conditions?.map(({ type, status, reason }) => [type, status, reason]));

describe("route status", () => {
  test("is what Linkerd's policy controller wrote, without a generation", () => {
    expect(routeStatus(route(70, 30), services(), [], TIME)).toEqual(recorded.status);
    expect(JSON.stringify(routeStatus(route(70, 30), services(), [], TIME))).not.toContain("observedGeneration");
  });

  test("does not change with a weight", () => {
    const settled = { ...route(0, 100), status: { parents: routeStatus(route(70, 30), services(), [], TIME)! } };
    expect(routeStatus(settled, services(), [], "2026-11-24T00:00:00Z")).toBeUndefined();
  });

  test("names a backend that does not exist, and stays Accepted", () => {
    const without = (namespace: string, name: string) => (name === "web-canary" ? undefined : services()(namespace, name));
    expect(summary(routeStatus(route(70, 30), without, [], TIME))).toEqual([
      [
        ["Accepted", "True", "Accepted"],
        ["ResolvedRefs", "False", "BackendNotFound"],
      ],
    ]);
  });

  test("a GRPCRoute on the parent wins, and its end gives the parent back", () => {
    const grpc = { ...route(1, 1), kind: "GRPCRoute" };
    const conflicted = routeStatus(route(70, 30), services(), [grpc], TIME)!;
    expect(summary(conflicted)).toEqual(fact("grpcroute").httproute_conditions);
    const later = "2026-11-23T04:00:00Z";
    const again = routeStatus({ ...route(70, 30), status: { parents: conflicted } }, services(), [], later)!;
    expect(again[0]?.conditions?.map(({ status, lastTransitionTime }) => [status, lastTransitionTime])).toEqual([
      ["True", later],
      ["True", TIME],
    ]);
  });

  test("entries of other controllers stay", () => {
    const foreign = { parentRef: { name: "gateway" }, controllerName: "example.com/gateway", conditions: [] };
    const status = routeStatus({ ...route(1, 1), status: { parents: [foreign] } }, services(), [], TIME);
    expect(status?.map(({ controllerName }) => controllerName)).toEqual([foreign.controllerName, recorded.status[0].controllerName]);
  });
});
