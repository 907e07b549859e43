/** Proxies asked over HTTP: what they answer, how they fail, and whose answer it is. */
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { PodRef } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { createProxiesSource } from "../../src/metrics/proxies.ts";
import type { View } from "../../src/metrics/series.ts";
import type { PodAnswer, PollOrder, Target } from "../../src/metrics/source.ts";
import { type Handler, reply, serve } from "./http.ts";
import { captured, labPod, T0 } from "./lab.ts";
import { polled } from "./polled.ts";

afterEach(() => vi.unstubAllEnvs());

function target(changes: Partial<PodRef>, views: readonly View[] = ["server"]): Target {
  return {
    namespace: "lab",
    pod: labPod("canary-0", { ip: "127.0.0.1", ...changes }),
    views: new Set(views),
    release: "lab/web",
    since: 0,
  };
}

function order(targets: readonly Target[], changes: Partial<PollOrder> = {}): PollOrder {
  return { preset: linkerd, intervalMs: 30_000, targets, now: T0, since: T0, isCurrent: () => true, ...changes };
}

const never = new AbortController().signal;

async function poll(theOrder: PollOrder, signal = never): Promise<ReadonlyMap<string, PodAnswer>> {
  const source = createProxiesSource();
  onTestFinished(() => source.close());
  const answer = await polled(source, theOrder, signal);
  if (!answer.ok) throw new Error(answer.message);
  return answer.pods;
}

async function answerOf(handler: Handler, changes: Partial<PollOrder> = {}): Promise<PodAnswer | undefined> {
  const { port } = await serve(handler);
  const pods = await poll(order([target({ uid: "one", ports: { "linkerd-admin": port } })], changes));
  return pods.get("one");
}

describe("a proxy", () => {
  it("is read on its admin port, at the time of the poll", async () => {
    const answer = await answerOf((request, response) => {
      response.writeHead(request.url === "/metrics" ? 200 : 404).end(captured("canary-0.after.prom"));
    });
    expect(answer).toMatchObject({ ok: true, duplicated: false, readings: [{ at: T0 }] });
    const series = answer?.ok ? (answer.readings[0]?.series ?? []) : [];
    expect(series.filter(({ name }) => name === linkerd.requests.name).map(({ value }) => value)).toEqual(
      expect.arrayContaining([275, 981]),
    );
    expect(series.some(({ name }) => name.startsWith("outbound"))).toBe(false);
  });

  it("of a client is read for the clients' view, one that is both for both", async () => {
    const { port } = await serve(reply(200, captured("client.after.prom")));
    const ports = { "linkerd-admin": port };
    const pods = await poll(order([target({ uid: "client", ports }, ["client"]), target({ uid: "both", ports }, ["client", "server"])]));
    const namesOf = (uid: string) => {
      const answer = pods.get(uid);
      return new Set(answer?.ok ? answer.readings[0]?.series.map(({ name }) => name) : []);
    };
    expect([...namesOf("client")].sort()).toEqual([
      "outbound_http_route_backend_requests_total",
      "outbound_http_route_backend_response_statuses_total",
      "process_start_time_seconds",
    ]);
    expect(namesOf("both").has("response_latency_ms_bucket")).toBe(true);
  });

  it.each([
    [401, "Forbidden", "AuthorizationPolicy"],
    [403, "Forbidden", "AuthorizationPolicy"],
    [404, "BadAnswer", "right preset"],
    [302, "BadAnswer", "right preset"],
    [503, "Unreachable", "linkerd-admin"],
  ])("that answers %i is %s", async (status, reason, hint) => {
    expect(await answerOf(reply(status, "no"))).toMatchObject({ ok: false, reason, message: expect.stringContaining(hint) });
  });

  it("with an answer that is cut off is BadAnswer", async () => {
    expect(await answerOf(reply(200, captured("canary-0.after.prom").slice(0, 50_000)))).toMatchObject({ ok: false, reason: "BadAnswer" });
  });

  it("that closes the connection in the middle is Unreachable", async () => {
    const handler: Handler = (_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("response_total 1\n", () => response.destroy());
    };
    expect(await answerOf(handler)).toMatchObject({ ok: false, reason: "Unreachable" });
  });

  it("with nothing or a login page is BadAnswer", async () => {
    expect(await answerOf(reply(200, ""))).toMatchObject({ ok: false, reason: "BadAnswer" });
    expect(await answerOf(reply(200, "<title>Log in</title>\n"))).toMatchObject({ ok: false, reason: "BadAnswer" });
  });

  it("that is no proxy is NoSeries", async () => {
    expect(await answerOf(reply(200, "up 1\n# EOF\n"))).toMatchObject({ ok: false, reason: "NoSeries" });
  });

  it("without a label that the preset needs is LabelsMissing, with its name", async () => {
    const text = captured("canary-0.after.prom").replaceAll(',classification="success"', "").replaceAll(',classification="failure"', "");
    expect(await answerOf(reply(200, text))).toMatchObject({ reason: "LabelsMissing", message: expect.stringContaining("classification") });
  });

  it("that answers more than any proxy is BadAnswer, and is not read to the end", async () => {
    let ended = false;
    const endless: Handler = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more).on("close", () => {
        ended = true;
      });
      more();
    };
    expect(await answerOf(endless)).toMatchObject({ ok: false, reason: "BadAnswer" });
    await vi.waitFor(() => expect(ended).toBe(true));
  });

  it("that does not answer is Unreachable before the next poll is due", async () => {
    const started = performance.now();
    expect(await answerOf(() => undefined, { intervalMs: 2_000 })).toMatchObject({ ok: false, reason: "Unreachable" });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("that nobody listens for is Unreachable, without its address in the message", async () => {
    const { port } = await serve(reply(200, ""));
    const pods = await poll(order([target({ uid: "gone", ports: { "linkerd-admin": port === 1 ? 2 : 1 } })]));
    const answer = pods.get("gone");
    expect(answer).toMatchObject({ ok: false, reason: "Unreachable", message: expect.stringContaining("ECONNREFUSED") });
    expect(answer?.ok === false && answer.message).not.toContain("127.0.0.1");
  });
});

describe("several proxies", () => {
  it("one that fails fails alone", async () => {
    const good = await serve(reply(200, captured("stable-0.after.prom")));
    const bad = await serve(reply(500, ""));
    const pods = await poll(
      order([target({ uid: "good", ports: { "linkerd-admin": good.port } }), target({ uid: "bad", ports: { "linkerd-admin": bad.port } })]),
    );
    expect([pods.get("good")?.ok, pods.get("bad")?.ok]).toEqual([true, false]);
  });

  it("are asked at most 16 at a time, and all of them", async () => {
    let now = 0;
    let most = 0;
    const { port, requests } = await serve((_, response) => {
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        response.end("process_start_time_seconds 1\n# EOF\n");
      });
    });
    const targets = Array.from({ length: 100 }, (_, index) => target({ uid: String(index), ip: `127.0.0.${index + 1}`, ports: {} }));
    vi.stubEnv("http_proxy", `http://127.0.0.1:${port}`);
    vi.stubEnv("no_proxy", "");
    const pods = await poll(order(targets));
    expect([...pods.values()].filter(({ ok }) => ok)).toHaveLength(100);
    expect(requests).toHaveLength(100);
    expect(most).toBeLessThanOrEqual(16);
  });

  it("whose pod changed while it was asked says nothing (scar 34)", async () => {
    const { port } = await serve(reply(200, captured("stable-0.after.prom")));
    const ports = { "linkerd-admin": port };
    const targets = [target({ uid: "still", ports }), target({ uid: "gone", ports })];
    const pods = await poll(order(targets, { isCurrent: ({ pod }) => pod.uid === "still" }));
    expect([...pods.keys()]).toEqual(["still"]);
  });

  it("an end of the wait ends with what there is", async () => {
    const good = await serve(reply(200, captured("stable-0.after.prom")));
    const waiting = Promise.withResolvers<void>();
    const silent = await serve(() => waiting.resolve());
    const abort = new AbortController();
    void waiting.promise.then(() => abort.abort());
    const targets = [
      target({ uid: "good", ports: { "linkerd-admin": good.port } }),
      target({ uid: "silent", ports: { "linkerd-admin": silent.port } }),
    ];
    const pods = await poll(order(targets), abort.signal);
    expect(pods.get("silent")).toMatchObject({ ok: false, reason: "Unreachable" });
  });
});

describe("the way to the proxies", () => {
  it("leads through HTTP_PROXY, in absolute form, and on the preset's number where no port has its name", async () => {
    const proxy = await serve(reply(200, captured("canary-0.after.prom")));
    vi.stubEnv("http_proxy", proxy.url);
    vi.stubEnv("no_proxy", "");
    const pods = await poll(
      order([target({ uid: "far", ip: "10.244.0.11", ports: {} }), target({ uid: "v6", ip: "fd00::11", ports: {} })]),
    );
    expect([pods.get("far")?.ok, pods.get("v6")?.ok]).toEqual([true, true]);
    expect(proxy.requests.map(({ url }) => url).sort()).toEqual(["http://10.244.0.11:4191/metrics", "http://[fd00::11]:4191/metrics"]);
  });

  it("leads directly to what NO_PROXY names", async () => {
    const proxy = await serve(reply(500, ""));
    const direct = await serve(reply(200, captured("canary-0.after.prom")));
    vi.stubEnv("http_proxy", proxy.url);
    vi.stubEnv("no_proxy", "127.0.0.1");
    const pods = await poll(order([target({ uid: "near", ports: { "linkerd-admin": direct.port } })]));
    expect(pods.get("near")?.ok).toBe(true);
    expect(proxy.requests).toEqual([]);
  });
});

it("each scrape is told, with its outcome", async () => {
  const good = await serve(reply(200, captured("stable-0.after.prom")));
  const bad = await serve(reply(500, ""));
  const told: boolean[] = [];
  const source = createProxiesSource({
    onScrape: ({ seconds, ok }) => {
      expect(seconds).toBeGreaterThan(0);
      told.push(ok);
    },
  });
  onTestFinished(() => source.close());
  const targets = [
    target({ uid: "good", ports: { "linkerd-admin": good.port } }),
    target({ uid: "bad", ports: { "linkerd-admin": bad.port } }),
  ];
  await polled(source, order(targets), never);
  expect(told.toSorted()).toEqual([false, true]);
});
