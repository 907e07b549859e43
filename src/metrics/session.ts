/**
 * One release's memory between polls, and what a poll adds to it. Pure: the answer of a source and the state before give the
 * scrapes, the fault and the state after.
 *
 * A poll without any reading of a version is not used at all: its counts come with the next one, as one scrape that covers
 * more time, so that the versions are always compared over the same time.
 */
import type { PodRef, SampleFaultReason, SampleNotice, SampleRequest, Scrape } from "../domain/samples.ts";
import { BALANCED, type Balance } from "./client-only.ts";
import { type CounterState, difference, rebased } from "./differ.ts";
import type { Side } from "./meaning.ts";
import { meaningsOf } from "./meaning.ts";
import { momentsOf } from "./moments.ts";
import { NOTICES } from "./notices.ts";
import type { Preset } from "./presets/preset.ts";
import { type PodReading, readingOf } from "./reading.ts";
import { type Counted, scrapeOf } from "./scrape.ts";
import type { View } from "./series.ts";
import type { Failure, PodAnswer } from "./source.ts";

export interface SessionState {
  /** Milliseconds since the epoch: what happened up to then is not counted; undefined before the first good poll. */
  readonly openedAt: number | undefined;
  /** The time of the last scrape, else `openedAt`. */
  readonly coveredTo: number;
  readonly pods: ReadonlyMap<string, CounterState>;
  /** Uids that were there before: one that comes back is no new pod. */
  readonly departed: ReadonlySet<string>;
  readonly balances: Readonly<Record<Side, Balance>>;
  /** Of the last polls, whether one had a void reading. */
  readonly voids: readonly boolean[];
}

export const NEW_SESSION: SessionState = {
  openedAt: undefined,
  coveredTo: 0,
  pods: new Map(),
  departed: new Set(),
  balances: { stable: BALANCED, canary: BALANCED },
  voids: [],
};

export interface PollInput {
  readonly preset: Preset;
  readonly request: SampleRequest;
  readonly answers: ReadonlyMap<string, PodAnswer>;
  /** Milliseconds since the epoch: where a session that is new begins. */
  readonly openAt: number;
}

export interface PollOutput {
  readonly state: SessionState;
  readonly scrapes: readonly Scrape[];
  readonly failure?: Failure;
  readonly notices: readonly SampleNotice[];
}

const POLLS_REMEMBERED = 10;
const VOIDS_TOLERATED = 2;

export function pollSession(before: SessionState, input: PollInput): PollOutput {
  const read = readPods(input);
  const failure = unread("canary", input.request.canary, read.answers) ?? unread("stable", input.request.stable, read.answers);
  if (failure !== undefined) {
    return { state: before, scrapes: [], failure, notices: read.notices };
  }
  const state = opened(before, input);
  const counted = count(state, input, read.readings);
  const voids = [...state.voids, counted.voids.size > 0].slice(-POLLS_REMEMBERED);
  const notices = [...read.notices, ...counted.notices];
  const inconsistent = voids.filter(Boolean).length > VOIDS_TOLERATED ? { failure: INCONSISTENT } : {};
  const versions = [input.request.stable, input.request.canary];
  if (versions.some((pods) => isAllVoid(pods, counted))) {
    return { state: { ...state, voids }, scrapes: [], notices, ...inconsistent };
  }
  return { state: { ...counted.state, voids }, scrapes: counted.scrapes, notices, ...inconsistent };
}

const INCONSISTENT: Failure = {
  ok: false,
  reason: "SourceInconsistent",
  message: "counters of the same pods went down again and again without a restart: two servers seem to answer behind one address",
};

interface ReadPods {
  readonly answers: ReadonlyMap<string, PodAnswer>;
  readonly readings: readonly PodReading[];
  readonly notices: readonly SampleNotice[];
}

/** Answers with the readings that can be counted; a pod that has none of these failed. */
function readPods({ preset, request, answers }: PollInput): ReadPods {
  const meaningOf = meaningsOf(preset, request);
  const readable = new Map<string, PodAnswer>();
  const readings: PodReading[] = [];
  const notices = new Map<string, SampleNotice>();
  for (const [pod, views] of viewsOf(request)) {
    const answer = answers.get(pod.uid);
    if (answer === undefined) continue;
    readable.set(pod.uid, answer);
    if (!answer.ok) continue;
    const results = answer.readings.map((reading) => readingOf(pod, reading, meaningOf, views));
    const good = results.flatMap((result) => (result.ok ? [result.reading] : []));
    const bad = results.find((result) => !result.ok);
    readings.push(...good);
    if (answer.duplicated || results.some((result) => result.ok && result.duplicated))
      notices.set("DuplicateSeries", NOTICES.duplicateSeries);
    if (bad?.ok === false) {
      notices.set("InvalidCounts", NOTICES.invalidValue(bad.family));
      if (good.length === 0)
        readable.set(pod.uid, { ok: false, reason: "BadAnswer", message: `${bad.family} has values that no counter can have` });
    }
  }
  const view = clientView(request, readable, readings);
  return { answers: readable, readings, notices: [...notices.values(), ...(view === undefined ? [] : [view])] };
}

function viewsOf({ stable, canary, clients }: SampleRequest): ReadonlyMap<PodRef, ReadonlySet<View>> {
  const clientUids = new Set(clients.map(({ uid }) => uid));
  const servers = [...stable, ...canary];
  const serverUids = new Set(servers.map(({ uid }) => uid));
  return new Map([
    ...servers.map((pod) => [pod, new Set<View>(clientUids.has(pod.uid) ? ["server", "client"] : ["server"])] as const),
    ...clients.filter(({ uid }) => !serverUids.has(uid)).map((pod) => [pod, new Set<View>(["client"])] as const),
  ]);
}

function clientView(
  { clients }: SampleRequest,
  answers: ReadonlyMap<string, PodAnswer>,
  readings: readonly PodReading[],
): SampleNotice | undefined {
  if (clients.length === 0) return NOTICES.noClients;
  if (!clients.some(({ uid }) => answers.get(uid)?.ok)) return NOTICES.clientsUnread;
  const uids = new Set(clients.map(({ uid }) => uid));
  const ofClients = readings.filter(({ uid }) => uids.has(uid));
  const seen = ofClients.some(({ meanings }) => [...meanings.values()].some(({ kind }) => kind === "backend"));
  return seen || ofClients.length === 0 ? undefined : NOTICES.clientsSilent;
}

const BY_WEIGHT: readonly SampleFaultReason[] = [
  "Forbidden",
  "LabelsMissing",
  "BadAnswer",
  "NoSeries",
  "Unreachable",
  "SourceInconsistent",
];

function unread(side: Side, pods: readonly PodRef[], answers: ReadonlyMap<string, PodAnswer>): Failure | undefined {
  const known = pods.flatMap(({ uid }) => answers.get(uid) ?? []);
  const failures = known.filter((answer) => !answer.ok);
  if (failures.length === 0 || failures.length < known.length) return undefined;
  const [first] = failures.toSorted(
    (a, b) => BY_WEIGHT.indexOf(a.reason) - BY_WEIGHT.indexOf(b.reason) || a.message.localeCompare(b.message),
  );
  return first && { ...first, message: `no pod of ${side} could be read: ${first.message}` };
}

function opened(state: SessionState, { request, openAt }: PollInput): SessionState {
  const uids = new Set([...request.stable, ...request.canary, ...request.clients].map(({ uid }) => uid));
  const pods = new Map([...state.pods].filter(([uid]) => uids.has(uid)));
  const departed = new Set([...state.departed, ...state.pods.keys()].filter((uid) => !uids.has(uid) || state.departed.has(uid)));
  if (state.openedAt !== undefined) return { ...state, pods, departed };
  return { ...state, pods, departed, openedAt: openAt, coveredTo: Math.max(openAt, state.coveredTo) };
}

interface CountResult {
  readonly state: SessionState;
  readonly scrapes: readonly Scrape[];
  readonly notices: readonly SampleNotice[];
  /** Uids with a void reading, and with one that was used. */
  readonly voids: ReadonlySet<string>;
  readonly used: ReadonlySet<string>;
}

function count(before: SessionState, { request }: PollInput, readings: readonly PodReading[]): CountResult {
  const openedAt = before.openedAt ?? 0;
  const pods = new Map(before.pods);
  const refs = new Map([...request.clients, ...request.stable, ...request.canary].map((pod) => [pod.uid, pod]));
  const fresh = rebase(pods, readings, openedAt);
  const voids = new Set<string>();
  const used = new Set<string>();
  const notices = new Map<string, SampleNotice>();
  const scrapes: Scrape[] = [];
  let { coveredTo, balances } = before;
  for (const moment of momentsOf(fresh)) {
    const counted: Counted[] = [];
    for (const reading of moment) {
      const result = difference(pods.get(reading.uid), reading.counters, isNew(before, refs.get(reading.uid), reading));
      if (result.kind === "void") {
        voids.add(reading.uid);
        notices.set("VoidSample", NOTICES.voidSample);
      } else if (result.kind !== "old") {
        used.add(reading.uid);
        pods.set(reading.uid, result.state);
      }
      if (result.kind === "counted") counted.push({ uid: reading.uid, at: reading.at, increments: named(result.increments, reading) });
    }
    if (counted.length === 0) continue;
    const made = scrapeOf(counted, { request, after: coveredTo, balances });
    scrapes.push(made.scrape);
    coveredTo = made.scrape.at;
    balances = made.balances;
    for (const notice of made.notices) notices.set(notice.reason, notice);
  }
  return { state: { ...before, pods, coveredTo, balances }, scrapes, notices: [...notices.values()], voids, used };
}

/** What lies before the session's beginning is the base for what comes after; answers what comes after. */
function rebase(pods: Map<string, CounterState>, readings: readonly PodReading[], openedAt: number): readonly PodReading[] {
  for (const { uid, at, counters } of readings.toSorted((a, b) => a.at - b.at)) {
    if (at <= openedAt) pods.set(uid, rebased(pods.get(uid), counters));
  }
  return readings.filter(({ uid, at }) => at > (pods.get(uid)?.at ?? 0));
}

/** Kubernetes rounds a pod's start down to the second. */
const START_PRECISION_MS = 1_000;

/** Whether all that the pod ever counted lies in the time that this session covers. */
function isNew({ openedAt = 0, departed }: SessionState, pod: PodRef | undefined, { counters }: PodReading): boolean {
  if (pod === undefined || departed.has(pod.uid)) return false;
  return Math.max(pod.startedAt, counters.startedAt ?? 0) + START_PRECISION_MS > openedAt;
}

function named(increments: ReadonlyMap<string, number>, { meanings }: PodReading): Counted["increments"] {
  return [...increments].flatMap(([identity, by]) => {
    const meaning = meanings.get(identity);
    return meaning === undefined ? [] : [{ meaning, by }];
  });
}

function isAllVoid(pods: readonly PodRef[], { voids, used }: CountResult): boolean {
  return pods.some(({ uid }) => voids.has(uid)) && !pods.some(({ uid }) => used.has(uid));
}
