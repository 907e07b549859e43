/** Whatever happens between polls, the scrapes add up to what the proxies counted and let anybody read. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scrape } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { NEW_SESSION, pollSession, type SessionState } from "../../src/metrics/session.ts";
import type { PodAnswer, Reading } from "../../src/metrics/source.ts";
import { labRequest, T0 } from "./lab.ts";
import { type Process, ProxyModel } from "./proxy-model.ts";

type Side = "stable" | "canary";

type Step =
  | { readonly do: "serve"; readonly side: Side; readonly pod: number; readonly good: number; readonly failed: number }
  | { readonly do: "restart"; readonly side: Side; readonly pod: number }
  | { readonly do: "replace"; readonly side: Side; readonly pod: number }
  | { readonly do: "add"; readonly side: Side }
  | { readonly do: "poll"; readonly unread: readonly number[]; readonly twice: boolean };

const side = fc.constantFrom<Side>("stable", "canary");
const pod = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("serve" as const), side, pod, good: fc.nat(50), failed: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), side, pod }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replace" as const), side, pod }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("add" as const), side }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("poll" as const), unread: fc.array(fc.nat(5), { maxLength: 3 }), twice: fc.boolean() }),
  },
);

/** The release with its pods, a source in front of them, and the truth: what each process had counted when it was last read. */
class World {
  now = T0;
  readonly pods: Record<Side, ProxyModel[]>;
  readonly scrapes: Scrape[] = [];
  readonly duplicates: boolean[] = [];
  #state: SessionState = NEW_SESSION;
  #read = new Map<Process, { side: Side; requests: number; failures: number; base: { requests: number; failures: number } }>();
  #openAt: number | undefined;
  #serial = 0;

  constructor(stable: number, canary: number) {
    const old = (count: number) => Array.from({ length: count }, () => this.#newPod(T0 - 3_600_000));
    this.pods = { stable: old(stable), canary: old(canary) };
  }

  #newPod(startedAt: number): ProxyModel {
    this.#serial += 1;
    return new ProxyModel(String(this.#serial), startedAt);
  }

  run(one: Step): void {
    this.now += 1_500;
    if (one.do === "poll") {
      this.poll(one.unread, one.twice);
      return;
    }
    const pods = this.pods[one.side];
    const index = "pod" in one ? one.pod % pods.length : 0;
    if (one.do === "serve") pods[index]?.serve(one);
    else if (one.do === "restart") pods[index]?.restart(this.now);
    else if (one.do === "replace") pods[index] = this.#newPod(this.now);
    else if (pods.length < 4) pods.push(this.#newPod(this.now));
  }

  poll(unread: readonly number[], twice: boolean): void {
    this.now += 1_500;
    const all = (["stable", "canary"] as const).flatMap((of) => this.pods[of].map((model) => ({ of, model })));
    const answers = new Map<string, PodAnswer>();
    const readable = all.filter((_, index) => !unread.includes(index));
    for (const { model } of all) answers.set(model.uid, { ok: false, reason: "Unreachable", message: "" });
    for (const { model } of readable)
      answers.set(model.uid, { ok: true, readings: [doubled(model.read(this.now), twice)], duplicated: false });
    this.#openAt ??= this.now;
    const request = labRequest({
      stable: this.pods.stable.map(({ ref }) => ref),
      canary: this.pods.canary.map(({ ref }) => ref),
      clients: [],
    });
    const output = pollSession(this.#state, { preset: linkerd, request, answers, openAt: this.#openAt });
    const bothRead = new Set(readable.map(({ of }) => of)).size === 2;
    expect(output.failure === undefined).toBe(bothRead);
    this.#state = output.state;
    this.scrapes.push(...output.scrapes);
    this.duplicates.push(output.notices.some(({ reason }) => reason === "DuplicateSeries"));
    if (bothRead) for (const { of, model } of readable) this.#note(of, model);
  }

  /** Of a pod that was there before the session, what it had counted when it was first read is no news. */
  #note(of: Side, { process, startedAt, restarts }: ProxyModel): void {
    const { requests, failures } = process;
    const known = this.#read.get(process);
    const isOld = startedAt <= T0 && restarts === 0 && process.startedAt < (this.#openAt ?? 0) - 1_000;
    const base = known?.base ?? (isOld ? { requests, failures } : { requests: 0, failures: 0 });
    this.#read.set(process, { side: of, requests, failures, base });
  }

  truth(of: Side): { requests: number; failures: number } {
    const own = [...this.#read.values()].filter((read) => read.side === of);
    return {
      requests: own.reduce((sum, { requests, base }) => sum + requests - base.requests, 0),
      failures: own.reduce((sum, { failures, base }) => sum + failures - base.failures, 0),
    };
  }
}

function doubled(reading: Reading, twice: boolean): Reading {
  return twice ? { ...reading, series: [...reading.series, ...reading.series] } : reading;
}

describe("counts are conserved", () => {
  const world = fc.record({
    stable: fc.integer({ min: 1, max: 3 }),
    canary: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { maxLength: 60 }),
  });

  it("scrapes add up to what was there to read: resets, new pods, unread pods, doubled series", () => {
    fc.assert(
      fc.property(world, ({ stable, canary, steps }) => {
        const lab = new World(stable, canary);
        // From here on the session is open.
        lab.poll([], false);
        for (const one of steps) lab.run(one);
        lab.poll([], false);
        for (const of of ["stable", "canary"] as const) {
          const sum = { requests: 0, failures: 0 };
          for (const scrape of lab.scrapes) {
            sum.requests += scrape[of].requests;
            sum.failures += scrape[of].failures;
          }
          expect(sum).toEqual(lab.truth(of));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("counts are never negative, failures never more than requests, times only grow", () => {
    fc.assert(
      fc.property(world, ({ stable, canary, steps }) => {
        const lab = new World(stable, canary);
        for (const one of steps) lab.run(one);
        let last = 0;
        for (const { at, seconds, ...versions } of lab.scrapes) {
          expect(at).toBeGreaterThan(last);
          expect(seconds).toBeGreaterThan(0);
          last = at;
          for (const { requests, failures, meshed, clientOnly, latency } of [versions.stable, versions.canary]) {
            expect(Math.min(requests, failures, meshed, clientOnly, latency.total, ...latency.counts)).toBeGreaterThanOrEqual(0);
            expect(failures).toBeLessThanOrEqual(requests);
            expect(meshed).toBeLessThanOrEqual(requests);
            expect([...latency.counts, latency.total]).toEqual([...latency.counts, latency.total].toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
