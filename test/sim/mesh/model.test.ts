import { describe, expect, test } from "vitest";
import type { Route } from "../../../src/domain/kube.ts";
import { seededRandom } from "../../../src/sim/kube/random.ts";
import { createMeshModel, type MeshView, type ModelPod, type Tally } from "../../../src/sim/mesh/model.ts";
import { CANARY, fact, loneCanary, pod, route, STABLE, services, WEB, withRule } from "./lab.ts";

/** 100 requests a second, as in the recorded checks. */
const STEP_MS = 10;

function lab(seed = 1) {
  const model = createMeshModel({ random: seededRandom(seed), startedAt: 0 });
  let now = 0;
  const state: { routes: Route[]; stable: readonly ModelPod[]; canary: readonly ModelPod[]; services: typeof missing } = {
    routes: [route(100, 0)],
    stable: STABLE,
    canary: CANARY,
    services: services(),
  };
  const missing = services();
  const view: MeshView = {
    get routes() {
      return state.routes;
    },
    findService: (namespace, name) => state.services(namespace, name),
    endpoints: ({ name }) => (name === "web-canary" ? state.canary : state.stable),
  };
  function run(requests: number): Record<string, number> {
    const seen: Record<string, number> = {};
    for (let i = 0; i < requests; i += 1) {
      now += STEP_MS;
      add(seen, model.send(now, WEB, 1, view));
    }
    return seen;
  }
  function write(...routes: Route[]): void {
    state.routes = routes;
  }
  /** No request in that time; what waits goes on or fails. */
  function idle(ms: number): Record<string, number> {
    now += ms;
    const seen: Record<string, number> = {};
    add(seen, model.send(now, WEB, 0, view));
    return seen;
  }
  return { model, state, run, idle, write };
}

function add(seen: Record<string, number>, { byPod, clientOnly, requests }: Tally): void {
  let known = 0;
  const count = (key: string, amount: number) => {
    seen[key] = (seen[key] ?? 0) + amount;
    known += amount;
  };
  for (const [name, counts] of byPod) count(name.startsWith("web-canary") ? "canary" : "stable", counts.requests);
  for (const [backend, failures] of clientOnly) count(`failed at ${backend}`, failures);
  if (requests > known) count("404", requests - known);
}

describe("facts of real proxies, on virtual time", () => {
  test("a lone backend of weight 0 gets everything, and both zero keep the old split for a busy client", () => {
    const recorded = fact("zero");
    const { run, write } = lab();
    write(loneCanary());
    expect(run(500)).toEqual({ canary: recorded.lone_canary_weight_0["200 canary"] });
    write(route(0, 0));
    expect(run(300)).toEqual({ canary: recorded.both_zero["200 canary"] });
    write(route(100, 0));
    expect(run(300)).toEqual({ canary: recorded.after_back_to_100_0["200 canary"] });
  });

  test("after both zero later changes count only once the client was idle for 8 s", () => {
    const { run, idle, write } = lab();
    write(route(90, 10));
    run(100);
    write(route(0, 0));
    idle(10);
    write(route(0, 100));
    const stuck = run(1000);
    expect(stuck["stable"]).toBeGreaterThan(850);
    idle(2000);
    expect(run(100)["stable"]).toBeGreaterThan(75);
    idle(8000);
    expect(run(100)).toEqual({ canary: 100 });
  });

  test("a backend that loses its last endpoint fails its share for 3 s, then it is shifted", () => {
    const recorded = fact("unready").canary_scaled_0_w10.all;
    const failed = Object.entries<number>(recorded).find(([key]) => key.startsWith("504"))![1];
    const { run, state, write } = lab();
    write(route(90, 10));
    run(100);
    state.canary = [];
    const seen = run(1270);
    expect(seen["failed at web-canary"]).toBeGreaterThan(failed / 2);
    expect(seen["failed at web-canary"]).toBeLessThan(failed * 2);
    expect(run(500)).toEqual({ stable: 500 });
    state.canary = CANARY;
    expect(run(300)["canary"]).toBeGreaterThan(10);
  });

  test("a canary at 100 without endpoints is no traffic for a healthy stable at 0", () => {
    const { run, state, write } = lab();
    write(route(0, 100));
    state.canary = [];
    run(350);
    const [recorded] = Object.values<number>(fact("unready").canary_scaled_0_w100.all);
    expect(run(380)).toEqual({ "failed at none": recorded });
  });

  test("endpoints that come back in time serve who waited", () => {
    const { run, idle, state, write } = lab();
    write(route(0, 100));
    state.canary = [];
    expect(run(50)).toEqual({});
    state.canary = CANARY;
    expect(idle(100)).toEqual({ canary: 50 });
  });

  test("the share of a backend that does not exist fails at once", () => {
    const { run, state, write } = lab();
    write(route(50, 50));
    state.services = (namespace, name) => (name === "web-canary" ? undefined : services()(namespace, name));
    const seen = run(400);
    expect(seen["failed at invalid"]).toBeGreaterThan(140);
    expect(seen["stable"]).toBeGreaterThan(140);
  });

  test("without a route the parent's own endpoints answer, and nothing matched is a 404", () => {
    const { run, write } = lab();
    write();
    expect(run(100)).toEqual({ stable: 100 });
    write(withRule(route(50, 50), { matches: [{ headers: [{ name: "x", value: "y" }] }] }));
    expect(run(100)).toEqual({ 404: 100 });
  });
});

describe("counters", () => {
  test("pods and client tell the same numbers as the tally", () => {
    const { model, run, state, write } = lab(7);
    state.canary = [pod("web-canary-76db988fb6-6kkdx", "10.244.0.11", "web-canary", { failRate: 0.5, failAfterMs: 2000 })];
    write(route(50, 50));
    const seen = run(1000);
    const counted = (text: string, ...labels: string[]) =>
      text
        .split("\n")
        .filter((line) => labels.every((label) => line.includes(label)))
        .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    const canary = model.metricsOf("web-canary-76db988fb6-6kkdx");
    expect(counted(canary, "response_total{")).toBe(seen["canary"]);
    const failures = counted(canary, "response_total{", 'classification="failure"');
    expect(failures).toBeGreaterThan(100);
    expect(counted(canary, "response_latency_ms_count{", 'status_code="500"')).toBe(failures);
    const client = model.clientMetrics();
    expect(counted(client, "outbound_http_route_backend_requests_total{", 'backend_name="web-canary"')).toBe(seen["canary"]);
    expect(counted(client, "outbound_http_route_backend_response_statuses_total{", 'http_status="500"')).toBe(failures);
  });
});
