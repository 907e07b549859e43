/** Captures of real proxies with known traffic: what is read out of them is the truth, to the request. */
import { describe, expect, it } from "vitest";
import type { Counts, SampleRequest, Scrape } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { NEW_SESSION, type PollOutput, pollSession } from "../../src/metrics/session.ts";
import { captured, capturedAnswers, type LabPod, labPod, labRequest, seriesIn, T0, TRUTH } from "./lab.ts";

function measured(request = labRequest()): Scrape {
  const { scrapes, notices } = polled(request);
  expect(notices).toEqual([]);
  expect(scrapes).toHaveLength(1);
  return scrapes[0]!;
}

function polled(request: SampleRequest): PollOutput {
  const preset = linkerd;
  const base = pollSession(NEW_SESSION, { preset, request, answers: capturedAnswers("before", T0), openAt: T0 });
  const after = pollSession(base.state, { preset, request, answers: capturedAnswers("after", T0 + 10_000), openAt: T0 });
  expect(base.scrapes).toEqual([]);
  expect(after.failure).toBeUndefined();
  return after;
}

/** One pod alone as the canary. */
function measuredOf(pod: Exclude<LabPod, "client">): Counts {
  const others = (["stable-0", "stable-1", "canary-0"] as const).filter((other) => other !== pod);
  const request = labRequest({ canary: [labPod(pod)], stable: others.map((other) => labPod(other)), clients: [] });
  return polled(request).scrapes[0]!.canary;
}

describe("captures of Linkerd's proxies", () => {
  it("count what the client saw, by version and outcome", () => {
    const { stable, canary, seconds } = measured();
    const saw = TRUTH.client_saw;
    expect(canary).toMatchObject({ requests: saw["200 canary"]! + saw["500 canary"]!, failures: saw["500 canary"], clientOnly: 0 });
    expect(stable).toMatchObject({ requests: saw["200 stable"]! + saw["500 stable"]!, failures: saw["500 stable"], clientOnly: 0 });
    expect(canary.requests + stable.requests).toBe(TRUTH.requests);
    expect(canary.meshed).toBe(canary.requests);
    expect(stable.meshed).toBe(stable.requests);
    expect(seconds).toBe(10);
  });

  it.each(["stable-0", "stable-1", "canary-0"] as const)(
    "count what the app of %s counted itself: no probe, no scrape, no admin traffic",
    (pod) => {
      const app = TRUTH.pods[pod]!;
      expect(measuredOf(pod)).toMatchObject({ requests: app["app 200"]! + app["app 500"]!, failures: app["app 500"] });
    },
  );

  it("counts by the client's proxy are the same, by backend", () => {
    const sums: Record<string, number> = {};
    for (const { name, labels, value } of seriesIn(captured("client.after.prom"))) {
      const key = `${name} ${labels["backend_name"]} ${labels["http_status"] ?? ""}`;
      if (name.startsWith("outbound_")) sums[key] = (sums[key] ?? 0) + value;
    }
    const statuses = linkerd.backends["HTTPRoute"]!.responses.name;
    const requests = linkerd.backends["HTTPRoute"]!.requests.name;
    expect(sums).toEqual({
      [`${requests} web-stable `]: 2944,
      [`${requests} web-canary `]: 1256,
      [`${statuses} web-stable 200`]: TRUTH.client_saw["200 stable"],
      [`${statuses} web-stable 500`]: TRUTH.client_saw["500 stable"],
      [`${statuses} web-canary 200`]: TRUTH.client_saw["200 canary"],
      [`${statuses} web-canary 500`]: TRUTH.client_saw["500 canary"],
    });
  });

  it("latency holds every answer that did not fail and no other", () => {
    const { stable, canary } = measured();
    expect(canary.latency.total).toBe(TRUTH.client_saw["200 canary"]);
    expect(stable.latency.total).toBe(TRUTH.client_saw["200 stable"]);
    expect(canary.latency.le.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 10, 20, 30, 40, 50]);
    expect(canary.latency.le.at(-1)).toBe(50_000);
    expect(canary.latency.counts.at(-1)).toBe(canary.latency.total);
  });

  it("latency lies where the app's own histogram has it, a proxy's way later at most", () => {
    const { latency } = measured().canary;
    const { le_ms, count_last_is_inf } = TRUTH.app_latency_hist["canary-0"]!;
    const good = TRUTH.client_saw["200 canary"]!;
    const all = TRUTH.client_saw["500 canary"]! + good;
    // Failures take as long as good answers here: the shares agree but for what lies near a bound.
    for (const bound of [20, 100, 200]) {
      const app = le_ms.reduce((sum, le, index) => (le <= bound ? sum + count_last_is_inf[index]! : sum), 0) / all;
      expect(latency.counts[latency.le.indexOf(bound)]! / good).toBeCloseTo(app, 1);
    }
  });
});
