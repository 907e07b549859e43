/** The source before a server that answers as Prometheus does, and before some that don't. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { createPrometheusSource, type PrometheusOptions } from "../../src/metrics/prometheus.ts";
import type { Labels } from "../../src/metrics/series.ts";
import type { PodAnswer, PollAnswer, PollOrder, PollPart, Target } from "../../src/metrics/source.ts";
import { OTHER_CERTIFICATE, TEST_CERTIFICATE, TEST_KEY } from "../cluster/support/tls.ts";
import { type Handler, reply, serve } from "./http.ts";
import { labPod, labRequest, T0 } from "./lab.ts";
import { polled } from "./polled.ts";

const OLD = T0 - 3_600_000;
const CANARY: Target = {
  namespace: "lab",
  pod: labPod("canary-0", { startedAt: OLD }),
  views: new Set(["server"]),
  release: "lab/web",
  since: 0,
};
const JOB: Labels = {
  job: "linkerd-proxy",
  instance: "10.244.0.11:4191",
  namespace: "lab",
  pod: CANARY.pod.name,
  pod_template_hash: "76db988fb6",
};
const INBOUND: Labels = { direction: "inbound", target_port: "8080", route_name: "default", tls: "true", status_code: "200" };

interface Vector {
  readonly metric: Labels;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

function vector(name: string, labels: Labels, ...values: (readonly [ms: number, value: number | string])[]): Vector {
  return { metric: { __name__: name, ...labels }, values: values.map(([ms, value]) => [ms / 1000, String(value)]) };
}

const started = (labels: Labels, ...at: number[]) => vector(linkerd.processStart, labels, ...at.map((ms) => [ms, OLD / 1000] as const));
const good = (labels: Labels, ...values: (readonly [number, number | string])[]) =>
  vector(linkerd.requests.name, { ...labels, ...INBOUND, classification: "success" }, ...values);

function matrix(result: readonly object[]): string {
  return JSON.stringify({ status: "success", data: { resultType: "matrix", result } });
}

/** Answers each query with what it has of that family. */
function prometheus(vectors: readonly Vector[]): Handler {
  return ({ body }, response) => {
    const query = new URLSearchParams(body).get("query") ?? "";
    const name = /^(?:topk\(1, )?([a-z_]+)/.exec(query)?.[1];
    const result = vectors.filter(({ metric }) => metric["__name__"] === name);
    const instant = { resultType: "vector", result: result.map(({ metric, values }) => ({ metric, value: values.at(-1) })).slice(0, 1) };
    response.setHeader("content-type", "application/json");
    response.end(query.startsWith("topk") ? JSON.stringify({ status: "success", data: instant }) : matrix(result));
  };
}

function order(changes: Partial<PollOrder> = {}): PollOrder {
  return { preset: linkerd, intervalMs: 10_000, targets: [CANARY], now: T0, since: T0 - 10_000, isCurrent: () => true, ...changes };
}

async function poll(options: PrometheusOptions, theOrder = order(), signal = new AbortController().signal): Promise<PollAnswer> {
  const source = createPrometheusSource(options);
  onTestFinished(() => source.close());
  return polled(source, theOrder, signal);
}

async function pollVectors(vectors: readonly Vector[], theOrder = order()): Promise<PodAnswer | undefined> {
  const { url } = await serve(prometheus(vectors));
  const answer = await poll({ url }, theOrder);
  if (!answer.ok) return answer;
  return answer.pods.get(theOrder.targets[0]?.pod.uid ?? "");
}

function readingsOf(answer: PodAnswer | undefined) {
  if (!answer?.ok) throw new Error(answer?.message ?? "no answer");
  return answer.readings;
}

describe("samples", () => {
  it("of one pod and time are one reading, oldest first, under the proxy's own labels", async () => {
    const answer = await pollVectors([
      started(JOB, T0 - 20_000, T0 - 10_000),
      good(JOB, [T0 - 20_000, 5], [T0 - 10_000, 9]),
      vector(linkerd.requests.name, { ...JOB, ...INBOUND, classification: "failure" }, [T0 - 10_000, 1]),
    ]);
    expect(readingsOf(answer).map(({ at, series }) => [at, series.map(({ value }) => value)])).toEqual([
      [T0 - 20_000, [OLD / 1000, 5]],
      [T0 - 10_000, [OLD / 1000, 9, 1]],
    ]);
    const [, counter] = readingsOf(answer)[0]!.series;
    expect(counter?.identity).not.toMatch(/job|instance|pod_template_hash|10\.244/);
    expect(counter?.identity).toContain("target_port");
  });

  it("of two scrape jobs are one job's, and said (scar 28)", async () => {
    const other = { ...JOB, job: "podmonitor", endpoint: "admin", container: "linkerd-proxy" };
    const answer = await pollVectors([
      started(JOB, T0 - 10_000),
      started(other, T0 - 7_000),
      good(JOB, [T0 - 20_000, 5], [T0 - 10_000, 9]),
      good(other, [T0 - 17_000, 6], [T0 - 7_000, 11]),
    ]);
    expect(answer).toMatchObject({ ok: true, duplicated: true });
    const values = readingsOf(answer).flatMap(({ series }) =>
      series.filter(({ name }) => name === linkerd.requests.name).map(({ value }) => value),
    );
    expect([
      [5, 9],
      [6, 11],
    ]).toContainEqual(values);
  });

  it("of two replicas, without a start of the process, are one replica's", async () => {
    const answer = await pollVectors([
      good({ ...JOB, prometheus_replica: "a" }, [T0 - 10_000, 9]),
      good({ ...JOB, prometheus_replica: "b" }, [T0 - 7_000, 11]),
    ]);
    expect(answer).toMatchObject({ ok: true, duplicated: true });
    expect(readingsOf(answer)).toHaveLength(1);
  });

  it("of a target that got another label are the same counters", async () => {
    const relabelled = { ...JOB, track: "canary" };
    const answer = await pollVectors([
      started(JOB, T0 - 80_000, T0 - 70_000),
      good(JOB, [T0 - 80_000, 5], [T0 - 70_000, 9]),
      started(relabelled, T0 - 20_000, T0 - 10_000),
      good(relabelled, [T0 - 20_000, 11], [T0 - 10_000, 12]),
    ]);
    expect(answer).toMatchObject({ ok: true, duplicated: false });
    expect(
      readingsOf(answer)
        .at(-1)
        ?.series.find(({ name }) => name === linkerd.requests.name),
    ).toMatchObject({ value: 12 });
    const before = await pollVectors([started(JOB, T0), good(JOB, [T0, 9])]);
    const identity = (of: PodAnswer | undefined) => readingsOf(of)[0]?.series.find(({ name }) => name === linkerd.requests.name)?.identity;
    expect(identity(answer)).toBe(identity(before));
  });

  it("from before the pod began are another pod's of that name (scar 34)", async () => {
    const reborn = { ...CANARY, pod: { ...CANARY.pod, startedAt: T0 - 15_000 } };
    const answer = await pollVectors([good(JOB, [T0 - 20_000, 5_000], [T0 - 10_000, 3])], order({ targets: [reborn] }));
    expect(readingsOf(answer).map(({ at }) => at)).toEqual([T0 - 10_000]);
  });

  it("that are NaN or +Inf arrive as no number, native histograms not at all", async () => {
    const native = { metric: { __name__: linkerd.latency.name, ...JOB }, histograms: [[T0 / 1000, { count: "1", sum: "1" }]] };
    const { url } = await serve(({ body }, response) => {
      response.end(
        matrix(body.includes(linkerd.latency.name) ? [native] : body.includes(linkerd.requests.name) ? [good(JOB, [T0, "+Inf"])] : []),
      );
    });
    const answer = await poll({ url });
    const readings = readingsOf(answer.ok ? answer.pods.get(CANARY.pod.uid) : answer);
    expect(readings.flatMap(({ series }) => series.map(({ value }) => Number.isFinite(value)))).toEqual([false]);
  });

  it("that are known already are left out, but for the last", async () => {
    const known = { ...CANARY, since: T0 - 15_000 };
    const times = [T0 - 30_000, T0 - 20_000, T0 - 10_000, T0];
    const vectors = [started(JOB, ...times), good(JOB, ...times.map((at, index) => [at, index] as const))];
    const answer = await pollVectors(vectors, order({ targets: [known] }));
    expect(readingsOf(answer).map(({ at, series }) => [at, series.length])).toEqual(times.slice(1).map((at) => [at, 2]));
  });

  it("of pods that nobody asks for any more are left out", async () => {
    const { url } = await serve(prometheus([good(JOB, [T0, 1])]));
    const answer = await poll({ url }, order({ isCurrent: () => false }));
    expect(answer).toMatchObject({ ok: true });
    expect(answer.ok && answer.pods.size).toBe(0);
  });
});

describe("queries", () => {
  function targets(count: number, views: Target["views"] = new Set(["server"])): Target[] {
    return Array.from({ length: count }, (_, index) => ({
      ...CANARY,
      views,
      pod: { ...CANARY.pod, name: `web-${index}`, uid: `${index}` },
    }));
  }

  async function queriesOf(theOrder: PollOrder): Promise<string[]> {
    const { url, requests } = await serve(prometheus([]));
    await poll({ url }, theOrder);
    expect(requests.every(({ method, url: path }) => method === "POST" && path === "/api/v1/query")).toBe(true);
    return requests.map(({ body }) => new URLSearchParams(body).get("query") ?? "").filter((query) => !query.startsWith("topk"));
  }

  it("are one of each family for all pods, by POST", async () => {
    const queries = await queriesOf(
      order({
        targets: [...targets(50), ...labRequest().clients.map((pod) => ({ ...CANARY, pod, views: new Set(["client" as const]) }))],
      }),
    );
    expect(queries.map((query) => query.slice(0, query.indexOf("{"))).sort()).toEqual(
      [
        linkerd.processStart,
        linkerd.requests.name,
        linkerd.latency.name,
        ...Object.values(linkerd.backends).flatMap(({ requests, responses }) => [requests.name, responses.name]),
      ].sort(),
    );
  });

  it("are split at 200 pods", async () => {
    const queries = await queriesOf(order({ targets: targets(401) }));
    expect(queries).toHaveLength(3 * 3);
    expect(queries.map((query) => query.split("web-").length - 1).toSorted((a, b) => b - a)).toEqual([
      200, 200, 200, 200, 200, 200, 1, 1, 1,
    ]);
  });

  it("keep the pods of a release together where that costs none", async () => {
    const releases = [150, 150].flatMap((size, index) =>
      targets(size).map((target) => ({ ...target, release: String(index), pod: { ...target.pod, uid: `${index}/${target.pod.uid}` } })),
    );
    const queries = await queriesOf(order({ targets: releases }));
    expect(queries.map((query) => query.split("web-").length - 1)).toEqual(Array(6).fill(150));
  });

  /** 201 pods; `last` answers what is asked of the last one, which no query shares with others. */
  async function oneApart(last: Handler) {
    const pods = targets(201);
    const known = prometheus(pods.slice(0, 200).map(({ pod }) => good({ ...JOB, pod: pod.name }, [T0, 1])));
    const { url } = await serve((request, response) => (request.body.includes("web-200") ? last : known)(request, response));
    return { url, pods };
  }

  it("that fail fail their own pods, and the others are told of before", async () => {
    const first = Promise.withResolvers<void>();
    const { url, pods } = await oneApart((request, response) => void first.promise.then(() => reply(503, "")(request, response)));
    const source = createPrometheusSource({ url });
    onTestFinished(() => source.close());
    const told: PollPart[] = [];
    const tell = (part: PollPart) => {
      told.push(part);
      first.resolve();
    };
    await source.poll(order({ targets: pods }), tell, new AbortController().signal);
    expect(told.map(({ targets: of, answer }) => [of.length, answer.ok])).toEqual([
      [200, true],
      [1, false],
    ]);
    expect(told[1]?.answer).toMatchObject({ reason: "Unreachable", message: expect.stringContaining("503") });
  });

  it("that don't answer in time fail alone", async () => {
    const { url, pods } = await oneApart(() => undefined);
    const answer = await poll({ url }, order({ targets: pods, intervalMs: 2_500 }));
    const answers = answer.ok ? pods.map(({ pod }) => answer.pods.get(pod.uid)) : [];
    expect(answers.filter((one) => !one?.ok)).toEqual([
      { ok: false, reason: "Unreachable", message: expect.stringContaining("did not arrive") },
    ]);
  });

  it.each([
    [10_000, 100],
    [60_000, 150],
    [24 * 3_600_000, 990],
  ])("reach %i ms and a little back: %i s", async (gap, seconds) => {
    for (const query of await queriesOf(order({ since: T0 - gap }))) expect(query).toMatch(new RegExp(`\\[${seconds}s\\]$`));
  });

  it("ask at the poll's time", async () => {
    const { url, requests } = await serve(prometheus([]));
    await poll({ url });
    expect(requests.map(({ body }) => Number(new URLSearchParams(body).get("time")) * 1000)).toEqual(requests.map(() => T0));
  });

  it("keep a path before the API", async () => {
    const { url, requests } = await serve(prometheus([]));
    await poll({ url: `${url}/prom/` });
    expect(new Set(requests.map((request) => request.url))).toEqual(new Set(["/prom/api/v1/query"]));
  });

  it("are told, each with its outcome", async () => {
    const { url } = await serve(prometheus([good(JOB, [T0, 1])]));
    const told: { readonly seconds: number; readonly ok: boolean }[] = [];
    await poll({ url, onQuery: (record) => told.push(record) });
    expect(told).toHaveLength(3);
    expect(told.every(({ ok, seconds }) => ok && seconds > 0)).toBe(true);
  });
});

describe("no samples (scar 31)", () => {
  it("NoSeries: Prometheus knows nothing of the pod", async () => {
    expect(await pollVectors([])).toMatchObject({ ok: false, reason: "NoSeries" });
  });

  it("none yet: the pod began just now", async () => {
    const young = { ...CANARY, pod: { ...CANARY.pod, startedAt: T0 - 20_000 } };
    expect(await pollVectors([], order({ targets: [young] }))).toEqual({ ok: true, readings: [], duplicated: false });
  });

  it.each(["pod", "namespace"])("LabelsMissing: its series have no label %s", async (label) => {
    const { [label]: _, ...labels } = JOB;
    expect(await pollVectors([good(labels, [T0, 1])])).toMatchObject({
      reason: "LabelsMissing",
      message: expect.stringContaining(`no label ${label} `),
    });
  });

  it("LabelsMissing: a label of the proxy was dropped", async () => {
    const { metric, values } = good(JOB, [T0, 1]);
    const { target_port: _, ...labels } = metric;
    expect(await pollVectors([{ metric: labels, values }])).toMatchObject({
      reason: "LabelsMissing",
      message: expect.stringContaining("target_port"),
    });
  });

  it("a single series without a label is none of LabelsMissing", async () => {
    const { metric, values } = good(JOB, [T0, 1]);
    const { target_port: _, ...labels } = metric;
    expect(await pollVectors([{ metric: labels, values }, good(JOB, [T0, 1])])).toMatchObject({ ok: true });
  });

  it("Unreachable: no Prometheus is configured, and what to do", async () => {
    expect(await poll({ url: undefined })).toEqual({
      ok: false,
      reason: "Unreachable",
      message: "no Prometheus is configured: start the controller with --prometheus-url, or use analysis.source: Proxies",
    });
  });

  it("Unreachable: nobody listens there", async () => {
    expect(await poll({ url: "http://127.0.0.1:1" })).toMatchObject({
      reason: "Unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it.each([401, 403])("Forbidden: %i with an empty body, as linkerd-viz answers", async (status) => {
    const { url } = await serve(reply(status, ""));
    expect(await poll({ url })).toMatchObject({ reason: "Forbidden", message: expect.stringContaining("linkerd-viz") });
  });

  it.each([500, 502, 503, 504])("Unreachable: %i", async (status) => {
    const { url } = await serve(reply(status, "<html>"));
    expect(await poll({ url })).toMatchObject({ reason: "Unreachable" });
  });

  it("BadAnswer: an error of the query, in Prometheus' words", async () => {
    const { url } = await serve(
      reply(422, JSON.stringify({ status: "error", errorType: "execution", error: "query processing would load too many samples" })),
    );
    expect(await poll({ url })).toMatchObject({ reason: "BadAnswer", message: expect.stringContaining("too many samples") });
  });

  it.each([
    ["a login page", 200, "<title>Log in</title>"],
    ["nothing", 200, ""],
    ["JSON of something else", 200, '{"kind":"Status"}'],
    ["a type that was not asked for", 200, '{"status":"success","data":{"resultType":"streams","result":[]}}'],
    ["cut off JSON", 200, matrix([good(JOB, [T0, 1])]).slice(0, -9)],
    ["not found", 404, "404 page not found"],
    ["a redirect", 302, ""],
  ])("BadAnswer: %s", async (_, status, body) => {
    const { url } = await serve(reply(status, body));
    expect(await poll({ url })).toMatchObject({ ok: false, reason: "BadAnswer" });
  });

  it("BadAnswer: more than Serin reads, and no more of it is read", async () => {
    const ended = Promise.withResolvers<void>();
    const { url } = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(1024 * 1024)));
      };
      response.on("drain", more).on("close", () => ended.resolve());
      more();
    });
    expect(await poll({ url })).toMatchObject({ reason: "BadAnswer", message: expect.stringContaining("larger") });
    await ended.promise;
  });

  it("an end of the wait ends the query", async () => {
    const abort = new AbortController();
    const gone = Promise.withResolvers<void>();
    const { url } = await serve((_, response) => {
      response.on("close", () => gone.resolve());
      abort.abort(new Error("late"));
    });
    await expect(poll({ url }, order(), abort.signal)).rejects.toThrow("late");
    await gone.promise;
  });
});

describe("credentials", () => {
  function file(content: string): string {
    const folder = mkdtempSync(join(tmpdir(), "serin-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "file");
    writeFileSync(path, content);
    return path;
  }

  it("a token is read again when its file changed", async () => {
    const tokenFile = file("first\n");
    const { url, requests } = await serve(prometheus([]));
    const source = createPrometheusSource({ url, tokenFile });
    onTestFinished(() => source.close());
    const signal = new AbortController().signal;
    await polled(source, order(), signal);
    expect(new Set(requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer first"]));
    const before = requests.length;
    writeFileSync(tokenFile, "the second\n");
    await polled(source, order(), signal);
    expect(new Set(requests.slice(before).map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer the second"]));
  });

  it("no token file, no header", async () => {
    const { url, requests } = await serve(prometheus([]));
    await poll({ url });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(requests.map(() => undefined));
  });

  it("a server is trusted by the CA file alone", async () => {
    const { url } = await serve(prometheus([good(JOB, [T0, 1])]), { key: TEST_KEY, cert: TEST_CERTIFICATE });
    expect((await poll({ url, caFile: file(TEST_CERTIFICATE) })).ok).toBe(true);
    expect(await poll({ url, caFile: file(OTHER_CERTIFICATE) })).toMatchObject({ reason: "Unreachable" });
    expect(await poll({ url })).toMatchObject({ reason: "Unreachable" });
  });

  it("a file that cannot be read is said", async () => {
    const { url, requests } = await serve(prometheus([]));
    expect(await poll({ url, tokenFile: "/nowhere/token" })).toMatchObject({
      reason: "Unreachable",
      message: expect.stringContaining("--prometheus-token-file"),
    });
    expect(requests).toEqual([]);
  });
});
