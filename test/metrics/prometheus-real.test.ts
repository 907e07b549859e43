/** A real Prometheus that scrapes what real proxies once showed. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../src/domain/clock.ts";
import type { SampleRequest, Scrape } from "../../src/domain/samples.ts";
import { createFeed } from "../../src/metrics/feed.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { createPrometheusSource } from "../../src/metrics/prometheus.ts";
import { createProxiesSource } from "../../src/metrics/proxies.ts";
import type { PollAnswer, Target } from "../../src/metrics/source.ts";
import { requires } from "../support/requires.ts";
import { serve } from "./http.ts";
import { captured, LAB_PODS, type LabPod, labPod, labRequest, TRUTH } from "./lab.ts";
import { polled } from "./polled.ts";
import { type ScrapeTarget, startPrometheus } from "./real-prometheus.ts";

const prometheus = requires("prometheus");
const never = new AbortController().signal;
const AN_HOUR_AGO = Date.now() - 3_600_000;

/** The proxies of the captures behind one server, one path for each; their processes began an hour ago. */
async function exporter() {
  let when: "before" | "after" = "before";
  const { port } = await serve(({ url }, response) => {
    const text = captured(`${url.slice(1)}.${when}.prom`);
    response.end(text.replace(/^process_start_time_seconds .*$/m, `process_start_time_seconds ${AN_HOUR_AGO / 1000}`));
  });
  return {
    target: (pod: LabPod, labels: ScrapeTarget["labels"] = { namespace: "lab", pod: TRUTH.pod_names[pod] }): ScrapeTarget => ({
      address: `127.0.0.1:${port}`,
      path: `/${pod}`,
      labels,
    }),
    traffic() {
      when = "after";
    },
  };
}

function lab(): SampleRequest {
  const old = (pod: LabPod) => labPod(pod, { startedAt: AN_HOUR_AGO });
  const versions = { stable: [old("stable-0"), old("stable-1")], canary: [old("canary-0")], clients: [old("client")] };
  return labRequest({ source: "Prometheus", intervalMs: 2_000, ...versions });
}

function targets(): Target[] {
  return LAB_PODS.map((pod) => ({
    namespace: "lab",
    pod: labPod(pod, { startedAt: AN_HOUR_AGO }),
    views: new Set([pod === "client" ? "client" : "server"]),
    release: "lab/web",
    since: 0,
  }));
}

function pollOnce(url: string, asked = targets()): Promise<PollAnswer> {
  const source = createPrometheusSource({ url });
  onTestFinished(() => source.close());
  return polled(
    source,
    { preset: linkerd, intervalMs: 2_000, targets: asked, now: Date.now(), since: Date.now(), isCurrent: () => true },
    never,
  );
}

/** Until every pod was scraped at least once. */
async function scraped(url: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await pollOnce(url);
      expect(answer.ok && [...answer.pods.values()].every((pod) => pod.ok && pod.readings.length > 0)).toBe(true);
    },
    { timeout: 60_000, interval: 250 },
  );
}

interface Measured {
  readonly scrapes: readonly Scrape[];
  /** After the last poll. */
  readonly notices: readonly string[];
}

/** From before the traffic, which comes when the first poll has read what there was, until some polls after it. */
async function measured(url: string, traffic: () => void): Promise<Measured> {
  await scraped(url);
  const polls = { left: Number.POSITIVE_INFINITY };
  const begin = once(traffic);
  const done = Promise.withResolvers<Measured>();
  const feed = createFeed({
    clock: systemClock,
    sources: { Proxies: createProxiesSource(), Prometheus: createPrometheusSource({ url }) },
    onSamples(key) {
      const samples = feed.read(key, since);
      if (samples.fault !== undefined) done.reject(new Error(samples.fault.message));
      begin();
      const requests = samples.scrapes.reduce((sum, { stable, canary }) => sum + stable.requests + canary.requests, 0);
      if (polls.left === Number.POSITIVE_INFINITY && requests >= TRUTH.requests) polls.left = 3;
      polls.left -= 1;
      if (polls.left === 0) done.resolve({ scrapes: samples.scrapes, notices: samples.notices.map(({ reason }) => reason) });
    },
  });
  onTestFinished(() => feed.close());
  const since = Date.now();
  feed.request("lab/web", lab());
  feed.read("lab/web", since);
  return done.promise;
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}

function sums(scrapes: readonly Scrape[], version: "stable" | "canary") {
  const sum = (count: (scrape: Scrape) => number) => scrapes.reduce((total, scrape) => total + count(scrape), 0);
  return {
    requests: sum((scrape) => scrape[version].requests),
    failures: sum((scrape) => scrape[version].failures),
    clientOnly: sum((scrape) => scrape[version].clientOnly),
    answers: sum((scrape) => scrape[version].latency.total),
  };
}

const SAW = TRUTH.client_saw;
const EXPECTED = {
  stable: { requests: SAW["200 stable"]! + SAW["500 stable"]!, failures: SAW["500 stable"], clientOnly: 0, answers: SAW["200 stable"] },
  canary: { requests: SAW["200 canary"]! + SAW["500 canary"]!, failures: SAW["500 canary"], clientOnly: 0, answers: SAW["200 canary"] },
};

describe.skipIf(prometheus.skip)(`a real Prometheus${prometheus.why}`, { timeout: 120_000 }, () => {
  it("gives the truth, by version, to the request", async () => {
    const { target, traffic } = await exporter();
    const url = await startPrometheus({ "linkerd-proxy": LAB_PODS.map((pod) => target(pod)) });
    const { scrapes, notices } = await measured(url, traffic);
    expect({ stable: sums(scrapes, "stable"), canary: sums(scrapes, "canary") }).toEqual(EXPECTED);
    expect(notices).toEqual([]);
    expect(scrapes.length).toBeGreaterThanOrEqual(2);
  });

  it("that scrapes by two jobs gives the truth once, and says so (scar 28)", async () => {
    const { target, traffic } = await exporter();
    const twice = (pod: LabPod) => target(pod, { namespace: "lab", pod: TRUTH.pod_names[pod], endpoint: "admin", node: "a" });
    const url = await startPrometheus({ "linkerd-proxy": LAB_PODS.map((pod) => target(pod)), podmonitor: LAB_PODS.map(twice) });
    const { scrapes, notices } = await measured(url, traffic);
    expect({ stable: sums(scrapes, "stable"), canary: sums(scrapes, "canary") }).toEqual(EXPECTED);
    expect(notices).toEqual(["DuplicateSeries"]);
  });

  it("that does not keep the label pod is LabelsMissing; one that knows other pods only is NoSeries", async () => {
    const { target } = await exporter();
    const unlabelled = await startPrometheus({ proxies: [target("canary-0", { namespace: "lab" })] });
    await vi.waitFor(
      async () => {
        const answer = await pollOnce(unlabelled);
        expect(answer.ok && [...answer.pods.values()]).toEqual(
          LAB_PODS.map(() => expect.objectContaining({ reason: "LabelsMissing", message: expect.stringContaining("no label pod ") })),
        );
      },
      { timeout: 60_000, interval: 250 },
    );
    const other = await startPrometheus({ proxies: [target("canary-0", { namespace: "elsewhere", pod: "another" })] });
    const answer = await pollOnce(other);
    expect(answer.ok && [...answer.pods.values()].map((pod) => !pod.ok && pod.reason)).toEqual(LAB_PODS.map(() => "NoSeries"));
  });

  it("understands the query for names that hold what they like, and finds nothing", async () => {
    const { target } = await exporter();
    const url = await startPrometheus({ "linkerd-proxy": [target("canary-0")] });
    await vi.waitFor(async () => expect((await pollOnce(url)).ok).toBe(true), { timeout: 60_000, interval: 250 });
    for (const name of ['"', "\\", '"} or vector(1) #', ".*", "a|b", "\n", "(", "ä"]) {
      const strange = { ...targets()[0]!, pod: labPod("client", { name, startedAt: AN_HOUR_AGO }) };
      const answer = await pollOnce(url, [strange]);
      expect(answer.ok && [...answer.pods.values()]).toMatchObject([{ ok: false, reason: "NoSeries" }]);
    }
  });
});
