/**
 * What the controller asks for samples: a session for each release, a collector for each preset, source and interval. A
 * collector polls all its sessions in one go, one poll at a time, and then tells whose samples are new.
 */
import type { Clock } from "../domain/clock.ts";
import type { SampleFault, SampleNotice, SampleRequest, Samples, Scrape } from "../domain/samples.ts";
import { PRESETS } from "./presets/index.ts";
import type { Preset } from "./presets/preset.ts";
import type { View } from "./series.ts";
import { NEW_SESSION, pollSession, type SessionState } from "./session.ts";
import type { Failure, PollAnswer, Source, Target } from "./source.ts";

export interface FeedOptions {
  readonly clock: Clock;
  readonly sources: Readonly<Record<SampleRequest["source"], Source>>;
  readonly presets?: Readonly<Record<string, Preset>>;
  /** After each poll: the samples of this release are as new as they get. */
  readonly onSamples: (key: string) => void;
}

export interface Feed {
  /** Starts, renews or (undefined) ends the measuring of a release. */
  request(key: string, request: SampleRequest | undefined): void;
  /** Scrapes newer than `since` (milliseconds since the epoch); older ones may be forgotten after it. */
  read(key: string, since: number): Samples;
  close(): Promise<void>;
}

interface Session {
  request: SampleRequest;
  state: SessionState;
  scrapes: readonly Scrape[];
  fault: SampleFault | undefined;
  notices: readonly SampleNotice[];
  /** What is older is in the evidence of whoever reads. */
  since: number;
  readonly openedAt: number;
}

interface Collector {
  readonly source: Source;
  readonly sessions: Map<string, Session>;
  readonly abort: AbortController;
}

const MAX_SCRAPES = 10_000;
const NOTHING: Samples = { scrapes: [], notices: [] };

export function createFeed({ clock, sources, presets = PRESETS, onSamples }: FeedOptions): Feed {
  const collectors = new Map<string, Collector>();
  const collectorOf = new Map<string, string>();

  function end(key: string): void {
    const name = collectorOf.get(key);
    const collector = name === undefined ? undefined : collectors.get(name);
    collectorOf.delete(key);
    collector?.sessions.delete(key);
    if (name !== undefined && collector?.sessions.size === 0) {
      collector.abort.abort();
      collectors.delete(name);
    }
  }

  function collector(name: string, request: SampleRequest): Collector {
    const existing = collectors.get(name);
    if (existing !== undefined) {
      return existing;
    }
    const created: Collector = { source: sources[request.source], sessions: new Map(), abort: new AbortController() };
    collectors.set(name, created);
    void collect(created, presets[request.preset], request, clock, onSamples);
    return created;
  }

  return {
    request(key, request) {
      const name = request && `${request.preset}/${request.source}/${request.intervalMs}`;
      if (name !== collectorOf.get(key)) {
        end(key);
      }
      if (request === undefined || name === undefined) {
        return;
      }
      collectorOf.set(key, name);
      const { sessions } = collector(name, request);
      const session = sessions.get(key);
      if (session === undefined) {
        sessions.set(key, newSession(request, clock.now()));
      } else {
        session.request = request;
      }
    },
    read(key, since) {
      const session = collectors.get(collectorOf.get(key) ?? "")?.sessions.get(key);
      if (session === undefined) {
        return NOTHING;
      }
      session.since = since;
      session.scrapes = session.scrapes.filter((scrape) => scrape.at > since);
      return { scrapes: session.scrapes, notices: session.notices, ...(session.fault ? { fault: session.fault } : {}) };
    },
    async close() {
      for (const key of [...collectorOf.keys()]) {
        end(key);
      }
      await Promise.all(Object.values(sources).map((source) => source.close()));
    },
  };
}

function newSession(request: SampleRequest, now: number): Session {
  return { request, state: NEW_SESSION, scrapes: [], fault: undefined, notices: [], since: now, openedAt: now };
}

/** Until the last session ends. */
async function collect(
  collector: Collector,
  preset: Preset | undefined,
  request: SampleRequest,
  clock: Clock,
  onSamples: (key: string) => void,
): Promise<void> {
  const { signal } = collector.abort;
  while (!signal.aborted) {
    const started = clock.monotonic();
    // Sessions that are asked for in this turn of the loop belong to this poll.
    await Promise.resolve();
    const answer = preset === undefined ? unknownPreset(request) : await poll(collector, preset, request.intervalMs, clock, signal);
    if (signal.aborted) {
      return;
    }
    for (const [key, session] of collector.sessions) {
      take(session, answer, preset, collector.source.keepsHistory, clock.now());
      onSamples(key);
    }
    await clock.sleep(Math.max(0, request.intervalMs - (clock.monotonic() - started)), signal).catch(() => undefined);
  }
}

async function poll(collector: Collector, preset: Preset, intervalMs: number, clock: Clock, signal: AbortSignal): Promise<PollAnswer> {
  const sessions = [...collector.sessions.values()];
  const targets = sessions.flatMap(({ request }) => targetsOf(request));
  const since = Math.min(...sessions.map((session) => (session.state.openedAt === undefined ? session.since : session.state.coveredTo)));
  const isCurrent = ({ pod }: Target) =>
    [...collector.sessions.values()].some(({ request }) =>
      [...request.stable, ...request.canary, ...request.clients].some(({ uid, ip }) => uid === pod.uid && ip === pod.ip),
    );
  try {
    return await collector.source.poll({ preset, intervalMs, targets: unique(targets), now: clock.now(), since, isCurrent }, signal);
  } catch (error) {
    return { ok: false, reason: "BadAnswer", message: error instanceof Error ? error.message : String(error) };
  }
}

function targetsOf({ namespace, stable, canary, clients }: SampleRequest): Target[] {
  const of = (pods: SampleRequest["stable"], view: View) => pods.map((pod) => ({ namespace, pod, views: new Set([view]) }));
  return [...of(stable, "server"), ...of(canary, "server"), ...of(clients, "client")];
}

/** A pod that is asked for twice (by two releases, or as server and client) is read once, with all views. */
function unique(targets: readonly Target[]): Target[] {
  const byUid = new Map<string, Target>();
  for (const target of targets) {
    const before = byUid.get(target.pod.uid);
    byUid.set(target.pod.uid, before === undefined ? target : { ...target, views: new Set([...before.views, ...target.views]) });
  }
  return [...byUid.values()];
}

function take(session: Session, answer: PollAnswer, preset: Preset | undefined, keepsHistory: boolean, now: number): void {
  if (!answer.ok || preset === undefined) {
    session.fault = faultOf(session, answer.ok ? undefined : answer, now);
    return;
  }
  const openAt = keepsHistory ? session.since : session.openedAt;
  const output = pollSession(session.state, { preset, request: session.request, answers: answer.pods, openAt });
  session.state = output.state;
  session.scrapes = [...session.scrapes, ...output.scrapes].slice(-MAX_SCRAPES);
  session.notices = output.notices;
  session.fault = faultOf(session, output.failure, now);
}

function faultOf({ fault }: Session, failure: Failure | undefined, now: number): SampleFault | undefined {
  return failure && { reason: failure.reason, message: failure.message, since: fault?.since ?? now };
}

function unknownPreset({ preset }: SampleRequest): Failure {
  return {
    ok: false,
    reason: "BadAnswer",
    message: `analysis.preset ${preset} is not known: use one of ${Object.keys(PRESETS).join(", ")}`,
  };
}
