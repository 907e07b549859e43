/** A source that keeps history: whenever it is asked, and whoever asks, each sample counts once. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Scrape } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { NEW_SESSION, pollSession, type SessionState } from "../../src/metrics/session.ts";
import type { PodAnswer, Reading } from "../../src/metrics/source.ts";
import { labRequest, T0 } from "./lab.ts";
import { ProxyModel } from "./proxy-model.ts";

const SCRAPE_MS = 10_000;
const SCRAPES = 30;
const PODS = ["stable-a", "stable-b", "canary-a"] as const;

interface History {
  readonly pods: readonly ProxyModel[];
  readonly readings: ReadonlyMap<string, readonly Reading[]>;
  /** Requests of each pod up to each of its readings. */
  readonly requests: ReadonlyMap<string, readonly number[]>;
}

/** Every pod is scraped every 10 s, each at an offset of its own. */
function historyOf(served: readonly number[], offsets: readonly number[]): History {
  const pods = PODS.map((uid) => new ProxyModel(uid, T0 - 60_000));
  const readings = new Map<string, Reading[]>(PODS.map((uid) => [uid, []]));
  const requests = new Map<string, number[]>(PODS.map((uid) => [uid, []]));
  for (let k = 0; k < SCRAPES; k++) {
    for (const [index, pod] of pods.entries()) {
      const good = served[(k * PODS.length + index) % served.length] ?? 0;
      pod.serve({ good, failed: good % 3 });
      readings.get(pod.uid)?.push(pod.read(T0 + k * SCRAPE_MS + (offsets[index] ?? 0)));
      requests.get(pod.uid)?.push(pod.process.requests);
    }
  }
  return { pods, readings, requests };
}

function answersAt({ pods, readings }: History, now: number, rangeMs: number): Map<string, PodAnswer> {
  const inRange = (pod: ProxyModel) => readings.get(pod.uid)?.filter(({ at }) => at > now - rangeMs && at <= now) ?? [];
  return new Map(pods.map((pod) => [pod.uid, { ok: true, readings: inRange(pod), duplicated: false }]));
}

function requestOf({ pods }: History) {
  const of = (version: string) => pods.filter(({ uid }) => uid.startsWith(version)).map(({ ref }) => ref);
  return labRequest({ stable: of("stable"), canary: of("canary"), clients: [] });
}

/** Polls from `openAt` on, at these times, and stops. */
function poll(history: History, times: readonly number[], openAt: number, rangeMs = 600_000): Scrape[] {
  let state: SessionState = NEW_SESSION;
  return times.flatMap((now) => {
    const output = pollSession(state, { preset: linkerd, request: requestOf(history), answers: answersAt(history, now, rangeMs), openAt });
    state = output.state;
    return output.scrapes;
  });
}

function sum(scrapes: readonly Scrape[]): number {
  return scrapes.reduce((total, { stable, canary }) => total + stable.requests + canary.requests, 0);
}

/** What was counted between the last readings up to `from` and those up to `to`. */
function truth({ pods, readings, requests }: History, from: number, to: number): number {
  const upTo = (uid: string, time: number) => {
    const count = readings.get(uid)?.filter(({ at }) => at <= time).length ?? 0;
    return requests.get(uid)?.[count - 1] ?? 0;
  };
  return pods.reduce((total, { uid }) => total + upTo(uid, to) - upTo(uid, from), 0);
}

const served = fc.array(fc.nat(40), { minLength: 1, maxLength: 20 });
const offsets = fc.array(fc.nat(SCRAPE_MS - 1), { minLength: PODS.length, maxLength: PODS.length });
const start = T0 + 3 * SCRAPE_MS;
const end = T0 + SCRAPES * SCRAPE_MS;
const pollTimes = fc
  .array(fc.integer({ min: start, max: end }), { minLength: 1, maxLength: 40 })
  .map((times) => [...times, end].toSorted((a, b) => a - b));

it("polls at any times, with ranges that overlap, count each sample once", () => {
  fc.assert(
    fc.property(served, offsets, pollTimes, (counts, late, times) => {
      const history = historyOf(counts, late);
      expect(sum(poll(history, times, start))).toBe(truth(history, start, end));
    }),
  );
});

it("one poll and many tell the same scrapes", () => {
  fc.assert(
    fc.property(served, (counts) => {
      const history = historyOf(counts, [0, 0, 0]);
      const every = Array.from({ length: SCRAPES }, (_, k) => T0 + (k + 1) * SCRAPE_MS).filter((time) => time > start);
      expect(poll(history, [end], start)).toEqual(poll(history, every, start));
    }),
  );
});

it("after a failover nothing is counted twice and nothing is lost", () => {
  fc.assert(
    fc.property(served, offsets, fc.integer({ min: start + SCRAPE_MS, max: end - SCRAPE_MS }), (counts, late, failover) => {
      const history = historyOf(counts, late);
      const first = poll(history, [failover], start);
      const counted = first.at(-1)?.at ?? start;
      const second = poll(history, [end], counted);
      expect(second.every(({ at }) => at > counted)).toBe(true);
      expect(sum(first) + sum(second)).toBe(truth(history, start, end));
    }),
  );
});

it("a gap longer than what the source answers is one scrape that covers more time", () => {
  const history = historyOf([7], [0, 0, 0]);
  const scrapes = poll(history, [start + SCRAPE_MS, end], start, 25_000);
  expect(sum(scrapes)).toBe(truth(history, start, end));
  expect(Math.max(...scrapes.map(({ seconds }) => seconds))).toBeGreaterThan(200);
});
