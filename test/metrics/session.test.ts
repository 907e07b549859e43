/** What happened to others with their metrics, told as polls: nothing of it becomes evidence. */
import { describe, expect, it } from "vitest";
import type { PodRef, SampleRequest, Scrape } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { NEW_SESSION, type PollOutput, pollSession, type SessionState } from "../../src/metrics/session.ts";
import type { PodAnswer, Reading } from "../../src/metrics/source.ts";
import { labRequest, T0 } from "./lab.ts";
import { answer, changed, ProxyModel } from "./proxy-model.ts";

const OLD = T0 - 3_600_000;
const INTERVAL = 10_000;

/** Two versions of one pod each and a client, polled every 10 s from T0 on. */
class Release {
  stable = new ProxyModel("stable", OLD);
  canary = new ProxyModel("canary", OLD);
  client = new ProxyModel("client", OLD);
  clients = true;
  now = T0 - INTERVAL;
  readonly scrapes: Scrape[] = [];
  last: PollOutput = { state: NEW_SESSION, scrapes: [], notices: [] };
  #state: SessionState = NEW_SESSION;

  constructor() {
    for (const pod of [this.stable, this.canary]) pod.serve({ good: 100, failed: 1 });
    this.client.call("web-stable", { good: 100, failed: 1 });
  }

  /** What each pod answers, unless told otherwise. */
  poll(told: Readonly<Record<string, PodAnswer | undefined>> = {}, request: Partial<SampleRequest> = {}): PollOutput {
    this.now += INTERVAL;
    const pods = [this.stable, this.canary, this.client];
    const answers = new Map<string, PodAnswer>();
    for (const pod of pods) {
      const said = pod.uid in told ? told[pod.uid] : answer(pod.read(this.now));
      if (said !== undefined) answers.set(pod.uid, said);
    }
    const of = (pod: ProxyModel): PodRef[] => [pod.ref];
    const asked = labRequest({
      stable: of(this.stable),
      canary: of(this.canary),
      clients: this.clients ? of(this.client) : [],
      ...request,
    });
    this.last = pollSession(this.#state, { preset: linkerd, request: asked, answers, openAt: T0 });
    this.#state = this.last.state;
    this.scrapes.push(...this.last.scrapes);
    return this.last;
  }

  reading(pod: ProxyModel): Reading {
    return pod.read(this.now + INTERVAL);
  }

  sum(version: "stable" | "canary", what: "requests" | "failures" | "clientOnly" | "meshed" = "requests"): number {
    return this.scrapes.reduce((total, scrape) => total + scrape[version][what], 0);
  }
}

function polled(): Release {
  const release = new Release();
  release.poll();
  return release;
}

function reasons({ notices }: PollOutput): string[] {
  return notices.map(({ reason }) => reason);
}

const DOWN: PodAnswer = { ok: false, reason: "Unreachable", message: "no answer" };

describe("which requests count", () => {
  it("those from before the release do not", () => {
    const release = polled();
    expect(release.scrapes).toEqual([]);
    release.stable.serve({ good: 5, failed: 0 });
    release.poll();
    expect(release.sum("stable")).toBe(5);
  });

  it("the first 5 failures of a pod that never failed (scar 29)", () => {
    const release = polled();
    release.canary = new ProxyModel("fresh", release.now + 2_000);
    release.poll();
    release.canary.serve({ good: 0, failed: 5 });
    release.poll();
    expect(release.sum("canary", "failures")).toBe(5);
  });

  it("all of a pod that began after the last poll (scar 29)", () => {
    const release = polled();
    release.canary = new ProxyModel("fresh", release.now + 2_000);
    release.canary.serve({ good: 20, failed: 5 });
    release.poll();
    expect([release.sum("canary"), release.sum("canary", "failures")]).toEqual([25, 5]);
  });

  it("all of a pod that began in the second of the poll: Kubernetes cuts the fraction off", () => {
    const release = polled();
    release.canary = new ProxyModel("fresh", release.now - 700);
    release.canary.serve({ good: 20, failed: 0 });
    release.poll();
    expect(release.sum("canary")).toBe(20);
  });

  it("nothing of an old pod that joins, up to then", () => {
    const release = polled();
    release.stable = new ProxyModel("moved here", OLD);
    release.stable.serve({ good: 1_000, failed: 0 });
    release.poll();
    expect(release.sum("stable")).toBe(0);
  });

  it("of a pod that left and came back, what is new since then", () => {
    const release = polled();
    const canary = new ProxyModel("fresh", release.now + 2_000);
    release.canary = canary;
    canary.serve({ good: 20, failed: 0 });
    release.poll();
    release.canary = new ProxyModel("other", release.now + 2_000);
    release.poll();
    release.canary = canary;
    release.poll();
    canary.serve({ good: 3, failed: 0 });
    release.poll();
    expect(release.sum("canary")).toBe(23);
  });

  it("callers outside the mesh are requests, and not meshed", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 2, plain: 4 });
    release.poll();
    expect([release.sum("canary"), release.sum("canary", "meshed")]).toEqual([12, 8]);
  });
});

describe("what is counted apart", () => {
  it("client errors are no failures", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 2, refused: 3 });
    release.poll();
    expect(release.scrapes.at(-1)?.canary).toMatchObject({ requests: 12, failures: 2, clientErrors: 3 });
  });

  it("a pod's first 30 s after it was ready, each pod by itself", () => {
    const release = polled();
    release.stable.readyAt = OLD + 5_000;
    release.canary = new ProxyModel("fresh", release.now + 1_000);
    release.canary.readyAt = release.now + 5_000;
    for (let poll = 0; poll < 6; poll += 1) {
      release.stable.serve({ good: 90, failed: 10, refused: 5 });
      release.canary.serve({ good: 9, failed: 1, refused: 2 });
      release.poll();
    }
    const settled = release.scrapes.map(({ stable, canary }) => [stable.settled.requests, canary.settled.requests]);
    // Ready 5 s after the first poll: the scrape that begins 40 s after it is the first that is wholly later than 30 s of that.
    expect(settled).toEqual([...Array(4).fill([100, 0]), ...Array(2).fill([100, 10])]);
    expect(release.scrapes.at(-1)?.canary.settled).toMatchObject({ failures: 1, clientErrors: 2, latency: { total: 9 } });
    expect(release.sum("canary")).toBe(60);
  });

  it("nothing is settled of a pod that is not ready", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    release.poll();
    expect(release.scrapes.at(-1)?.canary).toMatchObject({ requests: 10, settled: { requests: 0, latency: { total: 0 } } });
  });
});

describe("two scrape jobs (scar 28)", () => {
  it("every counter twice is every counter once, and said", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 2 });
    const reading = release.reading(release.canary);
    release.poll({ canary: answer({ ...reading, series: [...reading.series, ...reading.series] }) });
    expect(release.sum("canary")).toBe(12);
    expect(reasons(release.last)).toContain("DuplicateSeries");
  });
});

describe("two servers behind one address (scar 27)", () => {
  /** One answers with the pod's counters, the other with those of a pod of the same name elsewhere. */
  function backAndForth(polls: number): Release {
    const release = polled();
    const elsewhere = new ProxyModel("elsewhere", OLD - 60_000);
    elsewhere.serve({ good: 10, failed: 1 });
    for (let poll = 0; poll < polls; poll++) {
      release.canary.serve({ good: 10, failed: 0 });
      release.stable.serve({ good: 10, failed: 0 });
      release.poll(poll % 2 === 0 ? { canary: answer(elsewhere.read(release.now + INTERVAL)) } : {});
    }
    return release;
  }

  it("what went down is never counted, what was true is", () => {
    const release = backAndForth(8);
    expect([release.sum("canary"), release.sum("canary", "failures")]).toEqual([80, 0]);
    expect(release.sum("stable")).toBe(80);
  });

  it("two void samples are a notice, three in ten polls are SourceInconsistent", () => {
    expect(reasons(backAndForth(3).last)).toContain("VoidSample");
    expect(backAndForth(4).last.failure).toBeUndefined();
    expect(backAndForth(5).last.failure?.reason).toBe("SourceInconsistent");
  });

  it("is trusted again when the first void poll is ten polls ago", () => {
    const release = backAndForth(5);
    for (let poll = 0; poll < 5; poll++) release.poll();
    expect(release.last.failure?.reason).toBe("SourceInconsistent");
    release.poll();
    expect(release.last.failure).toBeUndefined();
  });

  it("versions are not compared over different times: a void poll of one is none of the other", () => {
    const release = polled();
    release.stable.serve({ good: 10, failed: 0 });
    const lower = changed(release.reading(release.canary), ({ name, value }) => (name === linkerd.processStart ? value : 0));
    expect(release.poll({ canary: answer(lower) }).scrapes).toEqual([]);
    expect(release.poll().scrapes).toMatchObject([{ seconds: 20, stable: { requests: 10 } }]);
  });
});

describe("a source that is down or answers nonsense (scar 31)", () => {
  it("without any pod of a version there are no samples, and a fault", () => {
    const release = polled();
    release.stable.serve({ good: 10, failed: 0 });
    const down = release.poll({ canary: DOWN });
    expect(down.failure).toMatchObject({ reason: "Unreachable" });
    expect(down.scrapes).toEqual([]);
  });

  it("afterwards one scrape covers the gap", () => {
    const release = polled();
    release.stable.serve({ good: 10, failed: 0 });
    release.poll({ canary: DOWN });
    release.canary.serve({ good: 4, failed: 1 });
    expect(release.poll().scrapes).toMatchObject([{ seconds: 20, stable: { requests: 10 }, canary: { requests: 5, failures: 1 } }]);
  });

  it("one unread pod of several is no fault, and its counts come later", () => {
    const release = polled();
    const second = new ProxyModel("second", OLD);
    const both = { canary: [release.canary.ref, second.ref] };
    const at = () => release.now + INTERVAL;
    release.poll({}, both);
    const read = () => ({ second: answer(second.read(at())) });
    // The second pod is not among the release's own: it is told each time.
    const pollBoth = (told: Record<string, PodAnswer>) => {
      const answers = {
        stable: answer(release.stable.read(at())),
        canary: answer(release.canary.read(at())),
        client: answer(release.client.read(at())),
        ...told,
      };
      release.now += INTERVAL;
      const request = labRequest({ stable: [release.stable.ref], canary: both.canary, clients: [release.client.ref] });
      const output = pollSession(release.last.state, { preset: linkerd, request, answers: new Map(Object.entries(answers)), openAt: T0 });
      release.last = output;
      return output;
    };
    pollBoth(read());
    release.canary.serve({ good: 3, failed: 0 });
    second.serve({ good: 7, failed: 0 });
    const without = pollBoth({ second: DOWN });
    expect(without.failure).toBeUndefined();
    expect(without.scrapes).toMatchObject([{ canary: { requests: 3 } }]);
    expect(pollBoth(read()).scrapes).toMatchObject([{ canary: { requests: 7 } }]);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])(
    "a counter of %s is no evidence: named, and a fault where nothing else is there",
    (value) => {
      const release = polled();
      release.canary.serve({ good: 10, failed: 0 });
      const bad = answer(
        changed(release.reading(release.canary), (series) => (series.name === linkerd.requests.name ? value : series.value)),
      );
      const output = release.poll({ canary: bad });
      expect(output.failure).toMatchObject({ reason: "BadAnswer" });
      expect(reasons(output)).toContain("InvalidCounts");
      release.poll();
      expect(release.sum("canary")).toBe(10);
    },
  );

  it("an answer without any series is no traffic, where the process is there", () => {
    const release = polled();
    const silent = release.reading(release.canary);
    const output = release.poll({ canary: answer({ ...silent, series: silent.series.slice(0, 1) }) });
    expect(output.failure).toBeUndefined();
    expect(output.scrapes).toMatchObject([{ canary: { requests: 0 } }]);
  });

  it("the worst reason of several pods is told, without names", () => {
    const release = polled();
    const forbidden: PodAnswer = { ok: false, reason: "Forbidden", message: "the proxies refuse" };
    const output = release.poll({ canary: forbidden, stable: DOWN });
    expect(output.failure).toEqual({ ok: false, reason: "Forbidden", message: "no pod of canary could be read: the proxies refuse" });
  });

  it("a pod that is no longer the one that was asked says nothing (scar 34)", () => {
    const release = polled();
    const output = release.poll({ canary: undefined });
    expect(output.failure).toBeUndefined();
    expect(output.scrapes).toMatchObject([{ canary: { requests: 0 } }]);
  });
});

describe("restarts", () => {
  it("of the proxy: the new process counts from 0", () => {
    const release = polled();
    release.canary.restart(release.now + 5_000);
    release.canary.serve({ good: 10, failed: 3 });
    release.poll();
    expect([release.sum("canary"), release.sum("canary", "failures")]).toEqual([13, 3]);
  });

  it("that the kubelet did not tell count one poll later: another pod's counters on a reused address never do (scar 34)", () => {
    const release = polled();
    const stranger = new ProxyModel("stranger", release.now + 2_000);
    stranger.serve({ good: 5_000, failed: 900 });
    release.poll({ canary: answer(stranger.read(release.now + INTERVAL)) });
    release.canary = new ProxyModel("successor", release.now + 2_000);
    release.canary.serve({ good: 7, failed: 0 });
    release.poll();
    expect([release.sum("canary"), release.sum("canary", "failures")]).toEqual([7, 0]);
  });
});

describe("latency", () => {
  it("holds answers that did not fail, by bound", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 4 });
    expect(release.poll().scrapes[0]?.canary.latency).toEqual({ le: [10, 50], counts: [5, 10], total: 10 });
  });

  it("of a request that ended without an answer is none", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    const reading = release.reading(release.canary);
    const { status_code: _, ...labels } = reading.series.find(({ labels: one }) => one["le"] === "+Inf")!.labels;
    const unanswered = { name: linkerd.latency.name, identity: "unanswered", labels, value: 5 };
    const output = release.poll({ canary: answer({ ...reading, series: [...reading.series, unanswered] }) });
    expect(output.scrapes).toMatchObject([{ canary: { latency: { total: 10 } } }]);
  });

  it("is not compared where the bounds differ between the versions: named, requests still count", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    release.stable.serve({ good: 10, failed: 0 });
    const reading = release.reading(release.canary);
    const series = reading.series.map((one) => (one.labels["le"] === "10" ? { ...one, labels: { ...one.labels, le: "25" } } : one));
    const output = release.poll({ canary: answer({ ...reading, series }) });
    expect(reasons(output)).toContain("BoundsDiffer");
    expect(output.scrapes).toMatchObject([
      { canary: { requests: 10, latency: { le: [] } }, stable: { requests: 10, latency: { le: [] } } },
    ]);
  });

  it("is the same bound as 1 and as 1.0", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    const reading = release.reading(release.canary);
    const series = reading.series.map((one) => (one.labels["le"] === "10" ? { ...one, labels: { ...one.labels, le: "10.0" } } : one));
    expect(reasons(release.poll({ canary: answer({ ...reading, series }) }))).not.toContain("BoundsDiffer");
  });

  it("without +Inf is not used: named, requests still count", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    const reading = release.reading(release.canary);
    const output = release.poll({ canary: answer({ ...reading, series: reading.series.filter(({ labels }) => labels["le"] !== "+Inf") }) });
    expect(reasons(output)).toContain("InvalidCounts");
    expect(output.scrapes).toMatchObject([{ canary: { requests: 10, latency: { le: [], total: 0 } } }]);
  });
});

describe("the clients' view", () => {
  it("failures that no server reported are requests and failures of the version", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 2 });
    release.client.call("web-canary", { good: 10, failed: 7 });
    release.poll();
    expect(release.scrapes).toMatchObject([{ canary: { requests: 17, failures: 7, clientOnly: 5 }, stable: { clientOnly: 0 } }]);
  });

  it("a client that hung up is no failure of the backend", () => {
    const release = polled();
    const { responses } = linkerd.backends["HTTPRoute"]!;
    const reading = release.reading(release.client);
    const labels = { backend_name: "web-canary", backend_namespace: "lab", http_status: "200", error: "UNKNOWN" };
    const hungUp = { name: responses.name, identity: "hung up", labels, value: 9 };
    release.poll({ client: answer({ ...reading, series: [...reading.series, hungUp] }) });
    expect(release.sum("canary", "clientOnly")).toBe(0);
  });

  it("another namespace's Service of the same name is another Service", () => {
    const release = polled();
    const { responses } = linkerd.backends["HTTPRoute"]!;
    const reading = release.reading(release.client);
    const labels = { backend_name: "web-canary", backend_namespace: "elsewhere", http_status: "504", error: "" };
    release.poll({
      client: answer({ ...reading, series: [...reading.series, { name: responses.name, identity: "other", labels, value: 9 }] }),
    });
    expect(release.sum("canary", "clientOnly")).toBe(0);
  });

  it("is missing where nobody named clients, none could be read, or they ask nobody: said each time, never a fault", () => {
    const release = polled();
    expect(reasons(release.last)).toEqual([]);
    release.clients = false;
    expect(reasons(release.poll())).toEqual(["ClientViewMissing"]);
    release.clients = true;
    const unread = release.poll({ client: DOWN });
    expect(reasons(unread)).toEqual(["ClientViewMissing"]);
    expect(unread.failure).toBeUndefined();
    release.client = new ProxyModel("silent", OLD);
    expect(reasons(release.poll())).toEqual(["ClientViewMissing"]);
  });

  it("read seconds before the servers, what it saw waits a poll for their word", () => {
    const release = polled();
    release.canary.serve({ good: 10, failed: 0 });
    const early = answer(release.canary.read(release.now + 2_000));
    release.canary.serve({ good: 0, failed: 3 });
    release.client.call("web-canary", { good: 10, failed: 3 });
    release.poll({ canary: early });
    expect(release.sum("canary", "failures")).toBe(0);
    release.poll();
    expect([release.sum("canary", "failures"), release.sum("canary", "clientOnly")]).toEqual([3, 0]);
  });

  it("a client that was not read for a while brings no failures twice", () => {
    const release = polled();
    for (let poll = 0; poll < 4; poll++) {
      release.canary.serve({ good: 10, failed: 2 });
      release.client.call("web-canary", { good: 10, failed: 2 });
      release.poll(poll === 3 ? {} : { client: DOWN });
    }
    expect([release.sum("canary"), release.sum("canary", "clientOnly")]).toEqual([48, 0]);
  });
});
