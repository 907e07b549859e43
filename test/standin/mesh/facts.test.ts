/** What was seen on real Linkerd proxies (test/fixtures/linkerd/facts), driven over real sockets through the stand-in. */
import { describe, expect, test } from "vitest";
import { lowerTail, upperTail } from "../../../src/domain/binomial.ts";
import { fact, loneCanary, route, withRule } from "../../sim/mesh/lab.ts";
import { type Lab, openWeb } from "./lab.ts";

/** Keys of the facts, with the versions' names as the applications here answer them. */
function inOurWords(recorded: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(recorded).map(([key, count]) => [key.replace(/^(\d+) (stable|canary)$/, "$1 web-$2"), count]));
}

/** `rate` a second until the signal; keys as in the facts. */
async function steady(lab: Lab, rate: number, seconds: number): Promise<{ seen: Record<string, number>; longestMs: number }> {
  const seen: Record<string, number> = {};
  let longestMs = 0;
  const calls: Promise<void>[] = [];
  const started = performance.now();
  for (let sent = 0; sent < rate * seconds; ) {
    for (; sent < ((performance.now() - started) / 1000) * rate; sent += 1) {
      calls.push(
        lab.call().then(({ status, version, error, ms }) => {
          const key = error === "" ? `${status} ${version}` : `${status} - [${error.replace(/^logical service [^ ]+: /, "")}]`;
          seen[key] = (seen[key] ?? 0) + 1;
          longestMs = Math.max(longestMs, ms);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(calls);
  return { seen, longestMs };
}

describe("weights", () => {
  test.each([
    [90, 10],
    [50, 50],
    [99, 1],
  ])("%i/%i arrives within the binomial's bounds", async (stable, canary) => {
    const lab = await openWeb({ seed: stable });
    lab.putRoute(route(stable, canary));
    const seen = await lab.tally(1000);
    const got = seen["200 web-canary"] ?? 0;
    expect(Object.values(seen).reduce((a, b) => a + b)).toBe(1000);
    expect(upperTail(got, 1000, canary / 100)).toBeGreaterThan(1e-6);
    expect(lowerTail(got, 1000, canary / 100)).toBeGreaterThan(1e-6);
  });

  test("a written weight holds for the next request, and 100/0 leaves nothing for the canary", async () => {
    const lab = await openWeb();
    lab.putRoute(route(0, 100));
    expect(await lab.tally(100)).toEqual({ "200 web-canary": 100 });
    lab.putRoute(route(100, 0));
    expect(await lab.tally(100)).toEqual({ "200 web-stable": 100 });
  });

  test("without a route, and after its deletion, the parent's own endpoints answer", async () => {
    const lab = await openWeb();
    expect(await lab.tally(50)).toEqual({ "200 web-stable": 50 });
    lab.putRoute(route(0, 100));
    expect(await lab.tally(50)).toEqual({ "200 web-canary": 50 });
    lab.putRoute(undefined);
    expect(await lab.tally(50)).toEqual({ "200 web-stable": 50 });
  });

  test("a lone backend ignores weight 0, and all weights zero keep the old split and hide later changes", async () => {
    const recorded = fact("zero");
    const lab = await openWeb();
    lab.putRoute(loneCanary());
    expect(await lab.tally(500)).toEqual(inOurWords(recorded.lone_canary_weight_0));
    lab.putRoute(route(0, 0));
    expect(await lab.tally(300)).toEqual(inOurWords(recorded.both_zero));
    lab.putRoute(route(100, 0));
    expect(await lab.tally(300)).toEqual(inOurWords(recorded.after_back_to_100_0));
    await new Promise((resolve) => setTimeout(resolve, 8000));
    expect(await lab.tally(100)).toEqual(inOurWords(fact("zero2")["100_0_after_8s_idle"]));
  });

  test("requests under way survive weight 0", async () => {
    const lab = await openWeb({ canary: { LATENCY_MS: "400" } });
    lab.putRoute(route(0, 100));
    const under = Array.from({ length: 25 }, () => lab.call());
    await lab.call();
    lab.putRoute(route(100, 0));
    expect(await lab.tally(60)).toEqual({ "200 web-stable": 60 });
    expect((await Promise.all(under)).map(({ status, version }) => `${status} ${version}`)).toEqual(
      Array.from({ length: fact("inflight").weight_to_0.in_flight_at_event["200 canary"] }, () => "200 web-canary"),
    );
  });
});

describe("backends that are not there", () => {
  test("the last endpoint goes: its share waits 3 s and fails, then it is shifted; it comes back with the endpoint", async () => {
    const lab = await openWeb();
    lab.putRoute(route(90, 10));
    lab.putEndpoints("web-canary", []);
    const { seen, longestMs } = await steady(lab, 100, 4);
    const failed = Object.keys(seen).filter((key) => key.startsWith("504"));
    const recorded = Object.keys(fact("unready").canary_unready.all).find((key) => key.startsWith("504"))!;
    expect(failed).toEqual([recorded.replace(/logical service [^ ]+: /, "")]);
    expect(seen[failed[0]!]).toBeGreaterThan(10);
    expect(seen[failed[0]!]).toBeLessThan(70);
    expect(longestMs).toBeGreaterThan(2900);
    expect(await lab.tally(200)).toEqual({ "200 web-stable": 200 });
    const text = await lab.clientMetrics();
    expect(text).toMatch(
      /outbound_http_route_backend_response_statuses_total\{.*backend_name="web-canary".*http_status="",error="FAIL_FAST"\} \d+/,
    );
    expect(text).toMatch(/outbound_http_balancer_queue_gate_shut_total\{.*backend_name="web-canary".*\} 1/);
    lab.putEndpoints("web-canary", lab.canary);
    expect((await lab.tally(300))["200 web-canary"]).toBeGreaterThan(5);
  });

  test("a weight of 0 is no fall-back: 503 at once", async () => {
    const lab = await openWeb();
    lab.putRoute(route(0, 100));
    lab.putEndpoints("web-canary", []);
    await Promise.all(Array.from({ length: 5 }, () => lab.call()));
    const seen = await lab.tally(100);
    const [recorded] = Object.keys(fact("unready").canary_scaled_0_w100.all);
    expect(Object.keys(seen)).toEqual([recorded!.replace("10.96.73.220", "web.lab")]);
  });

  test("a Service that does not exist gets its share as 500s", async () => {
    const lab = await openWeb();
    lab.objects.services.delete("lab/web-canary");
    lab.putRoute(route(50, 50));
    const seen = await lab.tally(200);
    const failed = Object.keys(seen).find((key) => key.startsWith("500"))!;
    expect(seen[failed]).toBeGreaterThan(60);
    expect(seen["200 web-stable"]).toBeGreaterThan(60);
  });

  test("a request that no rule matches gets 404", async () => {
    const lab = await openWeb();
    lab.putRoute(withRule(route(0, 100), { matches: [{ headers: [{ name: "x-canary", value: "yes" }] }] }));
    const seen = await lab.tally(100);
    const [recorded] = Object.keys(fact("match").no_catch_all_no_header);
    expect(seen).toEqual({ [recorded!.replace("10.96.12.13", "web.lab")]: 100 });
    expect((await lab.call("GET", { "x-canary": "yes" })).version).toBe("web-canary");
  });

  test("a pod that refuses connections is left out while another is there", async () => {
    const lab = await openWeb();
    await lab.running.get(lab.stable[0]!.metadata.name)!.stop(0);
    expect(await lab.tally(100)).toEqual({ "200 web-stable": 100 });
    expect(await lab.clientMetrics()).toMatch(/outbound_http_balancer_endpoints\{endpoint_state="pending".*backend_name="web",.*\} 1/);
  });

  test("a pod that ends gracefully loses nobody's request", async () => {
    const lab = await openWeb({ stable: { LATENCY_MS: "20" } });
    const load = steady(lab, 100, 1.5);
    await new Promise((resolve) => setTimeout(resolve, 500));
    lab.putEndpoints("web", lab.stable.slice(1));
    await lab.running.get(lab.stable[0]!.metadata.name)!.stop(2000);
    expect((await load).seen).toEqual({ "200 web-stable": 150 });
  });
});

test("a Service can be called by name, by name and namespace, and in full", async () => {
  const lab = await openWeb();
  for (const host of ["web", "web.lab", "web.lab.svc", "web.lab.svc.cluster.local", "web.lab:80"]) {
    expect((await lab.call("GET", {}, host)).status).toBe(200);
  }
  expect((await lab.call("GET", {}, "nowhere.lab")).status).toBe(502);
});
