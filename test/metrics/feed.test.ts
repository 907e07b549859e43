/** The feed on virtual time, before a source that is told what to answer. */
import { describe, expect, it } from "vitest";
import type { SampleRequest } from "../../src/domain/samples.ts";
import { createFeed, type Feed } from "../../src/metrics/feed.ts";
import type { PollAnswer, PollOrder, PollPart, Source } from "../../src/metrics/source.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";
import { labRequest } from "./lab.ts";
import { answer, ProxyModel } from "./proxy-model.ts";

const INTERVAL = 10_000;

interface Lab {
  readonly clock: VirtualClock;
  readonly feed: Feed;
  /** As they were polled. */
  readonly orders: PollOrder[];
  readonly told: string[];
  /** With each of them, whether the canary has failed. */
  readonly failing: boolean[];
  readonly pods: ProxyModel[];
  /** What the next polls do instead of answering from the pods. */
  poll: ((order: PollOrder, signal: AbortSignal) => Promise<PollAnswer>) | undefined;
  /** The same, part by part. */
  parts: ((order: PollOrder, tell: (part: PollPart) => void, signal: AbortSignal) => Promise<void>) | undefined;
  closed: number;
}

function lab(): Lab {
  const clock = createVirtualClock();
  const pods = ["stable", "canary", "other-stable", "other-canary"].map((uid) => new ProxyModel(uid, clock.now() - 3_600_000));
  const source = (keepsHistory: boolean): Source => ({
    keepsHistory,
    async poll(order, tell, signal) {
      made.orders.push(order);
      if (made.parts !== undefined) return made.parts(order, tell, signal);
      tell({ targets: order.targets, answer: made.poll === undefined ? read(made, order) : await made.poll(order, signal) });
    },
    async close() {
      made.closed += 1;
    },
  });
  const orders: PollOrder[] = [];
  const told: string[] = [];
  const failing: boolean[] = [];
  const onSamples = (key: string, fails: boolean) => {
    told.push(key);
    failing.push(fails);
  };
  const feed = createFeed({ clock, sources: { Proxies: source(false), Prometheus: source(true) }, onSamples });
  const made: Lab = { clock, feed, orders, told, failing, pods, poll: undefined, parts: undefined, closed: 0 };
  return made;
}

function read({ pods }: Lab, order: PollOrder): PollAnswer {
  const asked = new Set(order.targets.map(({ pod }) => pod.uid));
  return { ok: true, pods: new Map(pods.filter(({ uid }) => asked.has(uid)).map((pod) => [pod.uid, answer(pod.read(order.now))])) };
}

function request(changes: Partial<SampleRequest> = {}, of = ""): SampleRequest {
  const ref = (uid: string) => new ProxyModel(uid, 0).ref;
  return labRequest({ stable: [ref(`${of}stable`)], canary: [ref(`${of}canary`)], clients: [], intervalMs: INTERVAL, ...changes });
}

function canaryOf({ pods }: Lab): ProxyModel {
  return pods.find(({ uid }) => uid === "canary")!;
}

const UNREACHABLE: PollAnswer = { ok: false, reason: "Unreachable", message: "nobody there" };

describe("a release that is measured", () => {
  it("is polled at once for its base, then every interval, and told each time", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(0);
    expect(made.orders).toHaveLength(1);
    expect(made.feed.read("lab/web", 0).scrapes).toEqual([]);
    canaryOf(made).serve({ good: 8, failed: 2 });
    await made.clock.advance(3 * INTERVAL);
    expect(made.orders).toHaveLength(4);
    expect(made.told).toEqual(Array(4).fill("lab/web"));
    const { scrapes } = made.feed.read("lab/web", 0);
    expect(scrapes).toMatchObject([{ seconds: 10, canary: { requests: 10, failures: 2 } }, { canary: { requests: 0 } }, {}]);
    await made.feed.close();
  });

  it("is told apart where the canary has failed requests", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(0);
    made.pods.find(({ uid }) => uid === "stable")?.serve({ good: 8, failed: 2 });
    await made.clock.advance(INTERVAL);
    canaryOf(made).serve({ good: 8, failed: 2 });
    await made.clock.advance(2 * INTERVAL);
    expect(made.failing).toEqual([false, false, true, false]);
    await made.feed.close();
  });

  it("is renewed without a poll of its own, with the pods that are there now", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(0);
    made.feed.request("lab/web", request({ canary: [new ProxyModel("new", made.clock.now()).ref] }));
    await made.clock.advance(INTERVAL);
    expect(made.orders.map(({ targets }) => targets.map(({ pod }) => pod.uid))).toEqual([
      ["stable", "canary"],
      ["stable", "new"],
    ]);
    await made.feed.close();
  });

  it("ends when nobody asks: no more polls, no samples", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(0);
    made.feed.request("lab/web", undefined);
    await made.clock.advance(5 * INTERVAL);
    expect(made.orders).toHaveLength(1);
    expect(made.clock.timers).toBe(0);
    expect(made.feed.read("lab/web", 0)).toEqual({ scrapes: [], notices: [] });
    made.feed.request("lab/web", undefined);
    await made.feed.close();
  });

  it("keeps what was not read, and forgets what was", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(4 * INTERVAL);
    const all = made.feed.read("lab/web", 0).scrapes;
    expect(all).toHaveLength(4);
    expect(made.feed.read("lab/web", all[1]!.at).scrapes).toEqual(all.slice(2));
    expect(made.feed.read("lab/web", 0).scrapes).toEqual(all.slice(2));
    await made.feed.close();
  });

  it("that nobody reads keeps two hours", async () => {
    const made = lab();
    made.feed.request("lab/web", request({ intervalMs: 60_000 }));
    await made.clock.advance(5 * 3_600_000);
    const { scrapes } = made.feed.read("lab/web", 0);
    expect(scrapes.length).toBeGreaterThanOrEqual(119);
    expect(scrapes[0]!.at).toBeGreaterThan(made.clock.now() - 2 * 3_600_000);
    await made.feed.close();
  });

  it("goes on with another interval where it was", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    canaryOf(made).serve({ good: 5, failed: 0 });
    made.feed.request("lab/web", request({ intervalMs: 4_000 }));
    await made.clock.advance(4_000);
    expect(made.feed.read("lab/web", 0).scrapes.reduce((sum, { canary }) => sum + canary.requests, 0)).toBe(5);
    await made.feed.close();
  });

  it("goes on when somebody sets the wall clock back", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    made.clock.shiftWall(-3_600_000);
    canaryOf(made).serve({ good: 5, failed: 0 });
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).scrapes).toMatchObject([{}, { seconds: 10, canary: { requests: 5 } }]);
    await made.feed.close();
  });

  it("is not told of a poll that ended after it", async () => {
    const made = lab();
    const polled = Promise.withResolvers<PollAnswer>();
    made.poll = () => polled.promise;
    made.feed.request("lab/web", request());
    made.feed.request("lab/other", request({}, "other-"));
    await made.clock.advance(0);
    made.feed.request("lab/web", undefined);
    polled.resolve(UNREACHABLE);
    await made.clock.advance(0);
    expect(made.told).toEqual(["lab/other"]);
    await made.feed.close();
  });

  it("begins anew with another source, and keeps the scrapes that were not read", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    made.feed.request("lab/web", request({ source: "Prometheus" }));
    canaryOf(made).serve({ good: 5, failed: 0 });
    await made.clock.advance(0);
    expect(made.feed.read("lab/web", 0).scrapes).toHaveLength(1);
    await made.clock.advance(INTERVAL);
    const { scrapes } = made.feed.read("lab/web", 0);
    expect(scrapes.map(({ at }) => at)).toEqual([...new Set(scrapes.map(({ at }) => at))].toSorted((a, b) => a - b));
    await made.feed.close();
  });
});

describe("several releases", () => {
  it("of one preset, source and interval are polled in one go", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    made.feed.request("lab/other", request({}, "other-"));
    await made.clock.advance(INTERVAL);
    expect(made.orders.map(({ targets }) => targets.length)).toEqual([4, 4]);
    expect(made.told).toEqual(["lab/web", "lab/other", "lab/web", "lab/other"]);
    await made.feed.close();
  });

  it("one that joins later is polled at once by itself, then with the others", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(4_000);
    made.feed.request("lab/other", request({}, "other-"));
    await made.clock.advance(0);
    expect(made.orders.map(({ targets }) => targets.map(({ pod }) => pod.uid))).toEqual([
      ["stable", "canary"],
      ["other-stable", "other-canary"],
    ]);
    await made.clock.advance(6_000);
    expect(made.orders[2]?.targets).toHaveLength(4);
    expect(made.orders).toHaveLength(3);
    await made.feed.close();
  });

  it("a pod that two of them ask for is read once, for all views", async () => {
    const made = lab();
    const { canary } = request();
    made.feed.request("lab/web", request());
    made.feed.request("lab/other", request({ clients: canary }, "other-"));
    await made.clock.advance(0);
    const shared = made.orders[0]?.targets.filter(({ pod }) => pod.uid === "canary") ?? [];
    expect(shared.map(({ views }) => [...views].sort())).toEqual([["client", "server"]]);
    await made.feed.close();
  });

  it("with other intervals have polls of their own", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    made.feed.request("lab/other", request({ intervalMs: 5_000 }, "other-"));
    await made.clock.advance(10_000);
    expect(made.told.filter((key) => key === "lab/web")).toHaveLength(2);
    expect(made.told.filter((key) => key === "lab/other")).toHaveLength(3);
    await made.feed.close();
  });
});

describe("a poll that fails (scar 31)", () => {
  it("is a fault since its beginning, whatever it turns into, and ends with the first that succeeds", async () => {
    const made = lab();
    made.poll = async () => UNREACHABLE;
    const began = made.clock.now();
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).fault).toEqual({ reason: "Unreachable", message: "nobody there", since: began });
    made.poll = async () => ({ ok: false, reason: "Forbidden", message: "no" });
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).fault).toEqual({ reason: "Forbidden", message: "no", since: began });
    made.poll = undefined;
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).fault).toBeUndefined();
    await made.feed.close();
  });

  it("keeps the scrapes from before it", async () => {
    const made = lab();
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    made.poll = async () => UNREACHABLE;
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0)).toMatchObject({ scrapes: [{}], fault: { reason: "Unreachable" } });
    await made.feed.close();
  });

  it("at the start loses nothing of pods that began after it", async () => {
    const made = lab();
    made.poll = async () => UNREACHABLE;
    const fresh = new ProxyModel("fresh", made.clock.now() + 3_000);
    made.pods.push(fresh);
    made.feed.request("lab/web", request({ canary: [fresh.ref] }));
    await made.clock.advance(0);
    fresh.serve({ good: 3, failed: 1 });
    made.poll = undefined;
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).scrapes).toMatchObject([{ canary: { requests: 4, failures: 1 } }]);
    await made.feed.close();
  });

  it("by a bug of the source is a fault, and the next one is tried", async () => {
    const made = lab();
    made.poll = () => Promise.reject(new TypeError("not a function"));
    made.feed.request("lab/web", request());
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).fault).toMatchObject({ reason: "BadAnswer", message: expect.stringContaining("not a function") });
    expect(made.orders).toHaveLength(2);
    await made.feed.close();
  });

  it("by never answering ends before the next is due: polls don't overlap", async () => {
    const made = lab();
    let running = 0;
    let most = 0;
    made.poll = (_, signal) =>
      new Promise((_resolve, reject) => {
        running += 1;
        most = Math.max(most, running);
        signal.addEventListener("abort", () => {
          running -= 1;
          reject(signal.reason);
        });
      });
    made.feed.request("lab/web", request());
    await made.clock.advance(0);
    made.feed.request("lab/other", request({}, "other-"));
    await made.clock.advance(INTERVAL - 1);
    expect(made.feed.read("lab/web", 0).fault?.reason).toBe("Unreachable");
    await made.clock.advance(2 * INTERVAL);
    expect(most).toBe(1);
    await made.feed.close();
    expect(running).toBe(0);
  });
});

describe("a poll that answers part by part", () => {
  const ofRelease = (order: PollOrder, release: string) => order.targets.filter((target) => target.release === release);

  /** Answers of some releases' pods at once, and then as it is told. */
  function tellOf(made: Lab, order: PollOrder, tell: (part: PollPart) => void, release: string): void {
    tell({ targets: ofRelease(order, release), answer: read(made, order) });
  }

  async function two(made: Lab): Promise<void> {
    made.feed.request("lab/web", request());
    made.feed.request("lab/other", request({}, "other-"));
    await made.clock.advance(0);
  }

  it("tells a release as soon as its own pods are answered, whatever others wait for", async () => {
    const made = lab();
    await two(made);
    const later = Promise.withResolvers<void>();
    made.parts = async (order, tell) => {
      tellOf(made, order, tell, "lab/other");
      await later.promise;
      tellOf(made, order, tell, "lab/web");
    };
    made.told.length = 0;
    await made.clock.advance(INTERVAL);
    expect(made.told).toEqual(["lab/other"]);
    expect(made.feed.read("lab/other", 0).scrapes).toHaveLength(1);
    later.resolve();
    await made.clock.advance(1);
    expect(made.told).toEqual(["lab/other", "lab/web"]);
    await made.feed.close();
  });

  it("waits for all pods of a release", async () => {
    const made = lab();
    await two(made);
    made.parts = async (order, tell) => {
      const [first, ...rest] = ofRelease(order, "lab/web");
      tell({ targets: [first!], answer: read(made, order) });
      expect(made.told).toEqual([]);
      tell({ targets: rest, answer: read(made, order) });
      expect(made.told).toEqual(["lab/web"]);
      tellOf(made, order, tell, "lab/other");
    };
    made.told.length = 0;
    await made.clock.advance(INTERVAL);
    expect(made.told).toEqual(["lab/web", "lab/other"]);
    await made.feed.close();
  });

  it("a part that fails fails its own pods, with its reason", async () => {
    const made = lab();
    await two(made);
    made.parts = async (order, tell) => {
      tell({ targets: ofRelease(order, "lab/web"), answer: { ok: false, reason: "Unreachable", message: "nobody there" } });
      tellOf(made, order, tell, "lab/other");
    };
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0)).toMatchObject({ scrapes: [], fault: { reason: "Unreachable", message: "nobody there" } });
    const other = made.feed.read("lab/other", 0);
    expect([other.scrapes.length, other.fault]).toEqual([1, undefined]);
    await made.feed.close();
  });

  it("a part of a release that fails leaves the others' counts, and what it lacks comes with the next", async () => {
    const made = lab();
    made.pods.push(new ProxyModel("second", made.clock.now() - 3_600_000));
    const [stable] = request().stable;
    made.feed.request("lab/web", request({ stable: [stable!, { ...stable!, uid: "second" }] }));
    await made.clock.advance(0);
    for (const pod of made.pods) pod.serve({ good: 10, failed: 0 });
    made.parts = async (order, tell) => {
      const lost = order.targets.filter(({ pod }) => pod.uid === "second");
      tell({ targets: lost, answer: { ok: false, reason: "Unreachable", message: "nobody there" } });
      tell({ targets: order.targets.filter((target) => !lost.includes(target)), answer: read(made, order) });
    };
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).scrapes).toMatchObject([{ stable: { requests: 10 }, canary: { requests: 10 } }]);
    made.parts = undefined;
    await made.clock.advance(INTERVAL);
    expect(made.feed.read("lab/web", 0).scrapes.at(-1)).toMatchObject({ stable: { requests: 10 }, canary: { requests: 0 } });
    await made.feed.close();
  });

  it("takes longer than the interval while answers come, and delays the next poll", async () => {
    const made = lab();
    await two(made);
    made.parts = async (order, tell, signal) => {
      await made.clock.sleep(0.7 * INTERVAL, signal);
      tellOf(made, order, tell, "lab/web");
      await made.clock.sleep(0.7 * INTERVAL, signal);
      tellOf(made, order, tell, "lab/other");
    };
    await made.clock.advance(INTERVAL + 1.5 * INTERVAL);
    expect(made.orders).toHaveLength(3);
    for (const key of ["lab/web", "lab/other"]) expect(made.feed.read(key, 0)).toMatchObject({ scrapes: [{}] });
    await made.feed.close();
  });

  it("that goes quiet in the middle is late for those that wait still", async () => {
    const made = lab();
    await two(made);
    made.parts = async (order, tell, signal) => {
      tellOf(made, order, tell, "lab/other");
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    await made.clock.advance(INTERVAL + 0.9 * INTERVAL);
    expect(made.feed.read("lab/web", 0).fault).toMatchObject({ reason: "Unreachable", message: expect.stringContaining("did not arrive") });
    expect(made.feed.read("lab/other", 0).fault).toBeUndefined();
    await made.feed.close();
  });

  it("says of each pod which samples are known", async () => {
    const made = lab();
    await two(made);
    const polledAt = made.clock.now();
    await made.clock.advance(INTERVAL);
    expect(made.orders.map(({ targets }) => targets.map(({ since }) => since))).toEqual([Array(4).fill(0), Array(4).fill(polledAt)]);
    await made.feed.close();
  });
});

it("a preset that nobody knows is a fault at once, with the known ones", async () => {
  const made = lab();
  const began = made.clock.now();
  made.feed.request("lab/web", request({ preset: "Istio" }));
  const fault = { reason: "BadAnswer", message: "analysis.preset Istio is not known; known: Linkerd", since: began };
  expect(made.feed.read("lab/web", 0).fault).toEqual(fault);
  await made.clock.advance(INTERVAL);
  made.feed.request("lab/web", request({ preset: "Istio" }));
  expect(made.feed.read("lab/web", 0).fault).toEqual(fault);
  expect(made.orders).toEqual([]);
  made.feed.request("lab/web", request());
  await made.clock.advance(0);
  expect(made.feed.read("lab/web", 0).fault).toBeUndefined();
  await made.feed.close();
});

it("names that every object has are no presets", () => {
  const made = lab();
  made.feed.request("lab/web", request({ preset: "constructor" }));
  expect(made.feed.read("lab/web", 0).fault?.reason).toBe("BadAnswer");
});

describe("history", () => {
  it("is asked for from where the reader's evidence ends", async () => {
    const made = lab();
    const since = made.clock.now() - 60_000;
    made.feed.request("lab/web", request({ source: "Prometheus" }));
    made.feed.read("lab/web", since);
    await made.clock.advance(0);
    expect(made.orders[0]?.since).toBe(since);
    await made.feed.close();
  });

  it("of more than a quarter of an hour is not", async () => {
    const made = lab();
    made.feed.request("lab/web", request({ source: "Prometheus" }));
    made.feed.read("lab/web", 1);
    await made.clock.advance(0);
    expect(made.orders[0]?.since).toBe(made.clock.now() - 15 * 60_000);
    await made.feed.close();
  });

  it("after a gap is asked for from where samples ended", async () => {
    const made = lab();
    made.feed.request("lab/web", request({ source: "Prometheus" }));
    await made.clock.advance(INTERVAL);
    const covered = made.clock.now();
    made.poll = async () => UNREACHABLE;
    await made.clock.advance(6 * INTERVAL);
    expect(made.orders.at(-1)?.since).toBe(covered);
    await made.feed.close();
  });
});

it("what is current is what is asked for at that moment, by uid and address (scar 34)", async () => {
  const made = lab();
  const current: boolean[] = [];
  made.poll = async (order) => {
    made.feed.request("lab/web", request({ canary: [{ ...request().canary[0]!, ip: "10.0.0.99" }] }));
    current.push(...order.targets.map(order.isCurrent));
    return read(made, order);
  };
  made.feed.request("lab/web", request());
  await made.clock.advance(0);
  expect(current).toEqual([true, false]);
  await made.feed.close();
});

it("closing ends the poll that runs and closes the sources", async () => {
  const made = lab();
  made.poll = (_, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  made.feed.request("lab/web", request());
  await made.clock.advance(0);
  await made.feed.close();
  expect(made.closed).toBe(2);
  expect(made.told).toEqual([]);
  expect(made.clock.timers).toBe(0);
});
