import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createElector, type Elector } from "../../src/cluster/lease.ts";
import { createProcessClock, createVirtualClock, settle, type VirtualClock } from "../support/virtual-clock.ts";
import { createLeaseServer, type LeaseServer } from "./support/lease-server.ts";

let clock: VirtualClock;
let server: LeaseServer;
let told: string[];
const replicas: { stop(): void }[] = [];

beforeEach(() => {
  clock = createVirtualClock();
  server = createLeaseServer();
  told = [];
});

afterEach(async () => {
  for (const replica of replicas.splice(0)) replica.stop();
  await clock.advance(5000);
});

interface Replica extends Elector {
  readonly process: ReturnType<typeof createProcessClock>;
  readonly done: Promise<void>;
  stop(): void;
}

function replica(identity: string): Replica {
  const process = createProcessClock(clock);
  const stop = new AbortController();
  const elector = createElector({
    verbs: server.verbsFor(process),
    namespace: "serin",
    name: "serin",
    identity,
    clock: process,
    random: () => 0.5,
    onHeld: () => told.push(`${identity} holds`),
    onLost: () => told.push(`${identity} lost`),
    onRewind: () => told.push(`${identity}: rewound`),
    onFailure: (error) => told.push(`${identity}: ${(error as Error).name}`),
  });
  const done = elector.run(stop.signal);
  const made: Replica = {
    process,
    done,
    stop: () => stop.abort(),
    mayWrite: elector.mayWrite,
    get holder() {
      return elector.holder;
    },
    run: elector.run,
  };
  replicas.push(made);
  return made;
}

describe("holding", () => {
  test("the first takes it at once, the second waits, and a renewal is one write every two seconds", async () => {
    const a = replica("a");
    await clock.advance(0);
    const b = replica("b");
    await clock.advance(0);
    expect([a.mayWrite(), b.mayWrite(), b.holder, told]).toEqual([true, false, "a", ["a holds"]]);
    server.requests.length = 0;
    await clock.advance(60_000);
    expect([a.mayWrite(), b.mayWrite(), told]).toEqual([true, false, ["a holds"]]);
    expect(server.requests.filter((verb) => verb === "patch")).toHaveLength(30);
  });

  test("of two that start at once one holds it", async () => {
    const [a, b] = [replica("a"), replica("b")];
    await clock.advance(10_000);
    expect([a.mayWrite(), b.mayWrite()].filter(Boolean)).toHaveLength(1);
  });

  test("released on shutdown: the next holds it within its next look", async () => {
    const a = replica("a");
    await clock.advance(0);
    const b = replica("b");
    await clock.advance(1000);
    a.stop();
    await a.done;
    expect([a.mayWrite(), server.holder()]).toEqual([false, ""]);
    await clock.advance(2500);
    expect([b.mayWrite(), told]).toEqual([true, ["a holds", "b holds"]]);
    expect(server.lease).toMatchObject({ spec: { holderIdentity: "b", leaseTransitions: 1 } });
  });

  test("a leader that died is succeeded after its lease's time and not before", async () => {
    const a = replica("a");
    await clock.advance(0);
    const b = replica("b");
    await clock.advance(100);
    a.process.stop();
    await clock.advance(14_000);
    expect(b.mayWrite()).toBe(false);
    await clock.advance(4500);
    expect(b.mayWrite()).toBe(true);
  });

  test("another machine's clock does not matter: a lease that says it ended long ago is waited for", async () => {
    const spec = {
      holderIdentity: "x",
      leaseDurationSeconds: 30,
      renewTime: "2001-01-01T00:00:00.000000Z",
      acquireTime: "2001-01-01T00:00:00.000000Z",
    };
    server.lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "serin", namespace: "serin", resourceVersion: "1" },
      spec,
    };
    const a = replica("a");
    await clock.advance(29_000);
    expect(a.mayWrite()).toBe(false);
    await clock.advance(4000);
    expect([a.mayWrite(), server.holder()]).toEqual([true, "a"]);
  });
});

describe("losing", () => {
  test("renewals that hang or fail lose it after ten seconds, told once, and it is taken again", async () => {
    for (const mode of ["hang", "fail"] as const) {
      told = [];
      const a = replica("a");
      await clock.advance(100);
      server.mode = mode;
      await clock.advance(9800);
      expect(a.mayWrite()).toBe(true);
      await clock.advance(2200);
      expect([a.mayWrite(), told.filter((each) => each === "a lost")]).toEqual([false, ["a lost"]]);
      server.mode = "answer";
      await clock.advance(4000);
      expect([a.mayWrite(), told.at(-1)]).toEqual([true, "a holds"]);
      a.stop();
      await a.done;
    }
  });

  test("a renewal whose answer was lost is no conflict with oneself", async () => {
    const a = replica("a");
    await clock.advance(100);
    server.mode = "lose";
    await clock.advance(3900);
    server.mode = "answer";
    await clock.advance(4000);
    expect([a.mayWrite(), told.filter((each) => each !== "a: DeadlineExceeded")]).toEqual([true, ["a holds"]]);
  });

  test("a lease that says somebody else, or nobody, or is not there, is lost at once", async () => {
    for (const holderIdentity of ["x", ""]) {
      told = [];
      const a = replica("a");
      await clock.advance(100);
      server.lease = {
        ...server.lease!,
        metadata: { ...server.lease!.metadata, resourceVersion: "other" },
        spec: { holderIdentity, leaseDurationSeconds: 15 },
      };
      await clock.advance(2000);
      expect(told).toEqual(["a holds", "a lost"]);
      a.stop();
      await a.done;
      server.lease = undefined;
    }
    told = [];
    replica("a");
    await clock.advance(100);
    server.lease = undefined;
    await clock.advance(2000);
    expect(told).toEqual(["a holds", "a lost"]);
  });

  test("an older lease than the last tells that the server was restored from a backup", async () => {
    replica("a");
    await clock.advance(100);
    const backup = server.lease!;
    await clock.advance(4000);
    server.lease = backup;
    await clock.advance(2000);
    expect(told).toEqual(["a holds", "a: rewound"]);
    await clock.advance(10_000);
    expect(told).toHaveLength(2);
  });

  test("a lease that is gone is not free before its holder's time is over: it may not know yet", async () => {
    const a = replica("a");
    const b = replica("b");
    await clock.advance(10_000);
    a.process.stop();
    await clock.advance(1000);
    server.lease = undefined;
    await clock.advance(9000);
    expect([b.mayWrite(), server.holder()]).toEqual([false, undefined]);
    await clock.advance(10_000);
    expect([b.mayWrite(), server.holder()]).toEqual([true, "b"]);
  });

  test.each(["forbid", "no namespace"] as const)("what a person must mend is told again and again: %s", async (mode) => {
    server.mode = mode;
    replica("a");
    await clock.advance(5000);
    expect(told).toEqual(["a: ApiError", "a: ApiError", "a: ApiError"]);
  });
});

describe("the fence", () => {
  test("a blocked leader cannot write after its lease ended", async () => {
    const a = replica("a");
    await clock.advance(1000);
    expect(a.mayWrite()).toBe(true);
    a.process.stop();
    const b = replica("b");
    await clock.advance(60_000);
    expect([b.mayWrite(), server.holder()]).toEqual([true, "b"]);
    // The first turn after waking up, before any timer of its own has run.
    expect(a.mayWrite()).toBe(false);
    a.process.resume();
    for (let i = 0; i < 20; i += 1) {
      await settle();
      expect(a.mayWrite()).toBe(false);
    }
    await clock.advance(10_000);
    expect([a.mayWrite(), b.mayWrite(), told]).toEqual([false, true, ["a holds", "b holds", "a lost"]]);
  });

  test("at no time may two write, whoever is stopped for however long", async () => {
    const [a, b] = [replica("a"), replica("b")];
    let both = 0;
    let neither = 0;
    for (let second = 0; second < 600; second += 1) {
      const one = second % 2 === 0 ? a : b;
      if (second % 37 === 0) one.process.stop();
      if (second % 41 === 0) {
        a.process.resume();
        b.process.resume();
      }
      await clock.advance(1000);
      if (a.mayWrite() && b.mayWrite()) both += 1;
      if (!a.mayWrite() && !b.mayWrite()) neither += 1;
    }
    expect(both).toBe(0);
    expect(neither).toBeLessThan(400);
  });

  test("the age of a renewal counts from before it was sent", async () => {
    const a = replica("a");
    await clock.advance(0);
    server.latencyMs = 1500;
    await clock.advance(3500);
    // Sent at 2 s, answered at 3.5 s: good until 12 s.
    clock.block(8400);
    expect(a.mayWrite()).toBe(true);
    clock.block(200);
    expect(a.mayWrite()).toBe(false);
  });

  test("a lease whose answer was read too late is not held", async () => {
    server.latencyMs = 1500;
    const a = replica("a");
    await clock.advance(100);
    clock.block(20_000);
    await clock.advance(0);
    expect([server.holder(), a.mayWrite(), told]).toEqual(["a", false, []]);
  });

  test("a machine that slept, by its wall clock, may not write", async () => {
    const a = replica("a");
    await clock.advance(1000);
    clock.shiftWall(60_000);
    expect(a.mayWrite()).toBe(false);
    await clock.advance(2000);
    expect(a.mayWrite()).toBe(true);
    clock.shiftWall(-3_600_000);
    expect(a.mayWrite()).toBe(true);
  });
});
